// How values are written. Every function takes what the node says, also what it should never say, and returns text.

import type { Ellipse, Ground } from '../contract';

const NOT_SAID = '–';

/** `07:22:41` of an instant in milliseconds, shifted by whole hours. */
export function clockTime(at_ms: number, ahead_h = 0): string {
  if (!Number.isFinite(at_ms)) return '--:--:--';
  return new Date(at_ms + ahead_h * 3_600_000).toISOString().slice(11, 19);
}

/** `2022-10-03` of an instant in milliseconds. */
export function date(at_ms: number, ahead_h = 0): string {
  if (!Number.isFinite(at_ms)) return '----------';
  return new Date(at_ms + ahead_h * 3_600_000).toISOString().slice(0, 10);
}

/** `22:22:41Z` of an ISO instant. */
export function utc(iso: string): string {
  return `${clockTime(Date.parse(iso))}Z`;
}

/** `40.61°N 126.43°E`. */
export function place(lat_deg: number, lon_deg: number): string {
  if (!Number.isFinite(lat_deg) || !Number.isFinite(lon_deg)) return NOT_SAID;
  const north = lat_deg < 0 ? 'S' : 'N';
  const east = lon_deg < 0 ? 'W' : 'E';
  return `${Math.abs(lat_deg).toFixed(2)}°${north} ${Math.abs(lon_deg).toFixed(2)}°${east}`;
}

/** Metres as kilometres with as many digits as mean something. */
export function kilometres(metres: number | null): string {
  if (metres === null || !Number.isFinite(metres)) return NOT_SAID;
  const km = metres / 1000;
  if (Math.abs(km) >= 9.95) return `${Math.round(km).toLocaleString('en-US')} km`;
  return `${km.toFixed(1)} km`;
}

/** `ellipse` of the probability asked for, or nothing. */
export function ellipseOf(ground: Ground | null, probability: number): Ellipse | undefined {
  return ground?.ellipses.find((ellipse) => Math.abs(ellipse.probability - probability) < 1e-6);
}

/** `31 × 9 km, 095°`: the full axes of an ellipse and the direction of the longer one. */
export function ellipseSize(ellipse: Ellipse | undefined): string {
  if (!ellipse) return NOT_SAID;
  const major_km = (2 * ellipse.semi_major_m) / 1000;
  const minor_km = (2 * ellipse.semi_minor_m) / 1000;
  const digits = minor_km < 10 ? 1 : 0;
  return `${major_km.toFixed(digits)} × ${minor_km.toFixed(digits)} km, ${degrees(ellipse.azimuth_deg)}`;
}

/** `095°`: three figures, from true north. */
export function degrees(value_deg: number | null): string {
  if (value_deg === null || !Number.isFinite(value_deg)) return NOT_SAID;
  const whole = ((Math.round(value_deg) % 360) + 360) % 360;
  return `${String(whole).padStart(3, '0')}°`;
}

/** `97 %`; never 100 % of something that is not certain. */
export function percent(probability: number): string {
  if (!Number.isFinite(probability)) return NOT_SAID;
  if (probability > 0.99 && probability < 1) return '> 99 %';
  if (probability > 0 && probability < 0.01) return '< 1 %';
  return `${Math.round(probability * 100)} %`;
}

/** `19:07`, or `1:04:09` from an hour on; of the absolute value. */
export function span(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  const pad = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
  return `${pad(minutes)}:${pad(whole % 60)}`;
}

/** `0.4 s`, `12 s`, `3 min`. */
export function age(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return NOT_SAID;
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** `12 ms`. */
export function milliseconds(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return NOT_SAID;
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

/** `space_launch` as `space launch`. */
export function plain(word: string): string {
  return word.replaceAll('_', ' ');
}

/** Large counts with separators. */
export function count(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en-US') : NOT_SAID;
}
