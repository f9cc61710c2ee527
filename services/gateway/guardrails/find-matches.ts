import { CONTEXT_LENGTH, type ScreenPattern } from "./pattern";
import { spansBehind } from "./spans-behind";

/** A place in a text, in UTF-16 units. */
export interface Match {
  readonly patternId: string;
  readonly start: number;
  readonly end: number;
}

const NONE: readonly Match[] = [];

/**
 * Places that patterns match, in their order and apart from each other: several that overlap are made one, with the name of
 * the pattern that stands first in the list.
 * @param from where a match may begin at the earliest; what stands before is looked at as context. @default 0
 */
export function findMatches(text: string, patterns: readonly ScreenPattern[], from = 0): readonly Match[] {
  const found: Match[] = [];
  for (const pattern of patterns) {
    const { hints, reach } = pattern;
    if (hints === undefined) collect(text, pattern, from, 0, found);
    else if (reach === undefined) {
      // A hint may be what stands before a match.
      const first = Math.max(0, from - CONTEXT_LENGTH);
      if (hints.some((hint) => text.includes(hint, first))) collect(text, pattern, from, 0, found);
    } else {
      // The hint itself may stand before.
      for (const [start, end] of spansBehind(text, hints, reach, Math.max(0, from - reach))) {
        const offset = Math.max(0, start - CONTEXT_LENGTH);
        const piece = text.slice(offset, end + reach);
        collect(piece, pattern, Math.max(start, from) - offset, offset, found, end - offset);
      }
    }
  }
  return found.length === 0 ? NONE : joinOverlapping(found, patterns);
}

/** @param offset of the text in a longer one @param until where a match may begin at the latest */
function collect(
  text: string,
  { id: patternId, regex, measure }: ScreenPattern,
  from: number,
  offset: number,
  found: Match[],
  until = text.length,
): void {
  regex.lastIndex = from;
  for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
    const [candidate] = match;
    const start = match.index;
    if (start >= until) return;
    const before = text.slice(Math.max(0, start - CONTEXT_LENGTH), start);
    const length = measure?.(candidate, before) ?? candidate.length;
    if (length === 0) continue;
    regex.lastIndex = start + length;
    found.push({ patternId, start: offset + start, end: offset + start + length });
  }
}

/** Matches in their order and apart from each other: several that overlap are made one. Sorts the list that it gets. */
export function joinOverlapping(matches: Match[], patterns: readonly ScreenPattern[]): readonly Match[] {
  matches.sort((a, b) => a.start - b.start || b.end - a.end);
  const rank = ({ patternId }: Match) => patterns.findIndex(({ id }) => id === patternId);
  const joined: Match[] = [];
  for (const match of matches) {
    const last = joined.at(-1);
    if (last === undefined || match.start >= last.end) joined.push(match);
    else {
      const { patternId } = rank(match) < rank(last) ? match : last;
      joined[joined.length - 1] = { patternId, start: last.start, end: Math.max(last.end, match.end) };
    }
  }
  return joined;
}
