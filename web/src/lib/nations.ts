// Colours and names of nations. The first three are told apart with any colour vision, and each nation's code stands
// beside its colour everywhere.

const COLOURS: Record<string, string> = { jpn: '#5cc8ff', kor: '#f5a83c', usa: '#5fd38d' };
const FURTHER = ['#c9a3ff', '#ffe14d', '#ff9ec7', '#9fd8d0', '#d0d4db'];
const NAMES: Record<string, string> = { jpn: 'Japan', kor: 'Korea', usa: 'United States' };

/** A nation's colour as `#rrggbb`, always the same for the same id. */
export function colourOf(nation: string): string {
  const known = COLOURS[nation];
  if (known) return known;
  let sum = 0;
  for (const letter of nation) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return FURTHER[sum % FURTHER.length]!;
}

/** A nation's short name; its code where we know no name. */
export function nameOf(nation: string): string {
  return NAMES[nation] ?? nation.toUpperCase();
}

/** A nation's code as it is shown: ISO 3166-1 alpha-3. */
export function codeOf(nation: string): string {
  return nation.toUpperCase();
}

/** Who is in a combined track, and that it stays here. */
export function combinedOf(nations: string[]): string {
  return `combined ${nations.map(codeOf).join(' + ')}${nations.length === 1 ? ' alone' : ''}, own eyes only`;
}

/** The local time that stands beside UTC: its name and hours ahead of UTC. */
export function localOf(nation: string): { name: string; ahead_h: number } {
  if (nation === 'jpn') return { name: 'JST', ahead_h: 9 };
  if (nation === 'kor') return { name: 'KST', ahead_h: 9 };
  return { name: 'JST/KST', ahead_h: 9 };
}
