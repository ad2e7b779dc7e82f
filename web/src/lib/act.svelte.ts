// What the officer does: sent to the node, which signs it and says it to the partners.

import type { Event } from '../contract';
import { stream } from './stream.svelte';

/** Time after which an act without an answer is given up: the officer must be able to try again. */
const ANSWER_MAX_MS = 5_000;

class Acts {
  /** Event for which an acknowledgement is under way. */
  sending = $state<string | null>(null);
  /** Why the newest one failed, and for which event. */
  failed = $state<{ event: string; why: string } | null>(null);

  /** Acknowledges `event` as it is shown. */
  async acknowledge(event: Event): Promise<void> {
    if (this.sending || !event.own_ack_needed || stream.state === 'lost') return;
    this.sending = event.id;
    this.failed = null;
    try {
      const answer = await fetch('/api/act', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Watchfire-Csrf': stream.view?.csrf ?? '' },
        body: JSON.stringify({ act: 'acknowledge', event_id: event.id, shown_digest: event.shown_digest }),
        signal: AbortSignal.timeout(ANSWER_MAX_MS),
      });
      if (!answer.ok) this.failed = { event: event.id, why: await reason(answer) };
    } catch (error) {
      const why = error instanceof Error && error.name === 'TimeoutError' ? 'the node did not answer' : String(error);
      this.failed = { event: event.id, why };
    } finally {
      this.sending = null;
    }
  }
}

async function reason(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said === 'object' && said !== null && 'error' in said) return String(said.error);
  } catch {
    // not JSON: the text itself says why
  }
  return text.slice(0, 200) || `refused with ${answer.status}`;
}

export const acts = new Acts();
