// What of an event is shown first, and how urgent it is.

import type { Column, Difference, Event, View } from '../contract';
import type { Alarm } from './alarm.svelte';

/** The event to show: the one asked for, else the first that waits for us, else the newest that goes on. */
export function shownEvent(view: View, asked: string | null): Event | null {
  const open = view.events.filter((event) => event.state !== 'ended');
  return (
    view.events.find((event) => event.id === asked) ??
    open.find((event) => event.own_ack_needed) ??
    newest(open) ??
    newest(view.events) ??
    null
  );
}

function newest(events: Event[]): Event | undefined {
  return events.reduce<Event | undefined>(
    (best, event) => (best === undefined || event.opened > best.opened ? event : best),
    undefined,
  );
}

/** Whether a nation that has not withdrawn it calls the event a warning. */
export function isWarning(event: Event): boolean {
  return event.columns.some((column) => column.warning && column.status !== 'withdrawn');
}

/** What sounds: the most urgent of all events that wait for an acknowledgement, not just of the one shown. */
export function alarmOf(view: View | null, lost: boolean): Alarm {
  if (lost) return 'lost';
  const waiting = view?.events.filter((event) => event.own_ack_needed) ?? [];
  if (waiting.length === 0) return 'none';
  return waiting.some(isWarning) ? 'warning' : 'event';
}

export interface ImpactTime {
  at_ms: number;
  sigma_s: number;
  nation: string;
  own: boolean;
}

/** The impact time that counts down: our own assessment's where it has one, else the earliest of the partners'. */
export function impactTime(event: Event): ImpactTime | null {
  const said = event.columns
    .filter((column) => column.impact !== null && column.status !== 'withdrawn')
    .map((column) => ({
      at_ms: Date.parse(column.impact!.time),
      sigma_s: column.impact!.time_sigma_s,
      nation: column.nation,
      own: column.own,
    }))
    .filter((time) => Number.isFinite(time.at_ms))
    .sort((left, right) => left.at_ms - right.at_ms);
  return said.find((time) => time.own) ?? said[0] ?? null;
}

/** The earliest instant at which it may come down, as long as nobody says an impact: milliseconds, and who says so. */
export function earliestTime(event: Event): { at_ms: number; nation: string; own: boolean } | null {
  const said = event.columns
    .filter((column) => column.reachable !== null && column.status !== 'withdrawn')
    .map((column) => ({ at_ms: Date.parse(column.reachable!.from), nation: column.nation, own: column.own }))
    .filter((time) => Number.isFinite(time.at_ms))
    .sort((left, right) => left.at_ms - right.at_ms);
  return said[0] ?? null;
}

/** A nation's place in the table: what it says, or why it says nothing. */
export type Place = { nation: string; own: boolean } & ({ column: Column } | { silent: string });

/** The nations side by side: our own first, then by id, so that a column never changes its place. */
export function places(event: Event, own: string): Place[] {
  const all: Place[] = event.columns.map((column) => ({ nation: column.nation, own: column.own, column }));
  for (const { nation, why } of event.silent) {
    if (!all.some((place) => place.nation === nation)) all.push({ nation, own: nation === own, silent: why });
  }
  return all.sort((left, right) => Number(right.own) - Number(left.own) || left.nation.localeCompare(right.nation));
}

/** The differences that concern a field. */
export function differencesIn(event: Event, field: string): Difference[] {
  return event.differences.filter((difference) => difference.field === field);
}
