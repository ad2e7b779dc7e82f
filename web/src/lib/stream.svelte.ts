// The stream of views from the node, and the clock that runs with it.

import { flushSync } from 'svelte';
import type { View } from '../contract';

/** Silence after which the picture counts as lost. The node speaks at least once a second. */
export const SILENCE_MAX_MS = 3_000;
/** Silence after which the connection is given up and made anew: it may be half open. */
const SILENCE_RECONNECT_MS = 8_000;
/** Age from which data counts as stale. */
export const DATA_AGE_MAX_S = 5;
const TICK_MS = 100;

export type LinkState = 'connecting' | 'connected' | 'lost';

declare global {
  interface Window {
    /** The shown view and when it was committed to the page (ms since 1970, by this machine), for measurements. */
    __watchfire?: { view: View; shownAt: number };
  }
}

const LISTS = ['sensors', 'tracks', 'events', 'links', 'refusals', 'withheld', 'milestones'] as const;

/** A view from text; throws where it is none. */
function readView(text: string): View {
  const view: unknown = JSON.parse(text);
  if (typeof view !== 'object' || view === null) throw new Error('not an object');
  const fields = view as Record<string, unknown>;
  if (typeof fields.seq !== 'number' || typeof fields.realm !== 'string') throw new Error('no seq or realm');
  for (const list of LISTS) if (!Array.isArray(fields[list])) throw new Error(`no list ${list}`);
  return view as View;
}

class Stream {
  view = $state.raw<View | null>(null);
  /** Milliseconds (page's monotonic clock) at which the newest view came. */
  #heard_ms = $state(performance.now());
  #tick_ms = $state(performance.now());
  #opened = $state(false);
  /** Messages that could not be read. */
  unreadable = $state(0);
  /** Why the newest unreadable message could not be read. */
  unreadableWhy = $state('');
  /** The node's build changed while the page was open. */
  newBuild = $state(false);
  #source: EventSource | null = null;
  #sourceSince_ms = 0;

  start(): void {
    this.#connect();
    fetch('/api/view')
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status)))))
      .then((text) => this.view ?? this.#take(text))
      .catch(() => undefined); // the stream says the same within a second
    setInterval(() => this.#watch(), TICK_MS);
  }

  /** Seconds since the node was last heard. */
  get silence_s(): number {
    return Math.max(0, this.#tick_ms - this.#heard_ms) / 1000;
  }

  get state(): LinkState {
    if (!this.view) return this.silence_s * 1000 > SILENCE_MAX_MS ? 'lost' : 'connecting';
    if (this.silence_s * 1000 > SILENCE_MAX_MS) return 'lost';
    return this.#opened ? 'connected' : 'connecting';
  }

  /** The realm's time, ms since 1970: runs on between views, and stops when the node falls silent. */
  get now_ms(): number {
    const view = this.view;
    if (!view) return NaN;
    const since_ms = this.state === 'lost' ? 0 : Math.max(0, this.#tick_ms - this.#heard_ms);
    return Date.parse(view.now) + since_ms * view.clock_speed;
  }

  /** Age of the newest plot or partner's entry; grows also while the node is silent. */
  get data_age_s(): number | null {
    const age_s = this.view?.last_data_age_s;
    return age_s === null || age_s === undefined ? null : age_s + this.silence_s;
  }

  #connect(): void {
    this.#source?.close();
    this.#sourceSince_ms = performance.now();
    const source = new EventSource('/api/events');
    source.addEventListener('open', () => (this.#opened = true));
    source.addEventListener('error', () => (this.#opened = false));
    source.addEventListener('view', (message) => {
      this.#opened = true;
      this.#take((message as MessageEvent<string>).data);
    });
    this.#source = source;
  }

  #take(text: string): void {
    let view: View;
    try {
      view = readView(text);
    } catch (error) {
      this.unreadable += 1;
      this.unreadableWhy = error instanceof Error ? error.message : String(error);
      return;
    }
    // INVARIANT (one realm per page): nothing of another realm is ever drawn into this one.
    if (this.view && (view.realm !== this.view.realm || view.nation !== this.view.nation)) {
      location.reload();
      return;
    }
    if (this.view && view.build !== this.view.build) this.newBuild = true;
    flushSync(() => {
      this.view = view;
      this.#heard_ms = performance.now();
      this.#tick_ms = this.#heard_ms;
    });
    document.body.dataset.seq = String(view.seq);
    window.__watchfire = { view, shownAt: performance.timeOrigin + performance.now() };
  }

  #watch(): void {
    const now_ms = performance.now();
    this.#tick_ms = now_ms;
    const silent_ms = now_ms - Math.max(this.#heard_ms, this.#sourceSince_ms);
    const closed = this.#source?.readyState === EventSource.CLOSED && now_ms - this.#sourceSince_ms > 1_000;
    if (closed || silent_ms > SILENCE_RECONNECT_MS) this.#connect();
  }
}

export const stream = new Stream();
