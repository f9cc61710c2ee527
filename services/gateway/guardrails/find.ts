import { RawText, type Text } from "../json/json-value";
import { textOf } from "../json/text";
import type { ValuePath } from "../wire/internal/content-blocks";
import { CONTEXT_LENGTH, MAX_MATCH_LENGTH, type ScreenPattern } from "./pattern";

/** Where the members of a tool's input begin: `messages`, 3, `content`, 0, `input`. */
const INPUT_STEP = 4;
const MAX_NAME_LENGTH = 64;
/** What patterns ask to stand before a value. */
const LABELS = /pass|secret|token|key|credential|aws|ssn|social|phone|mobile|tel|fax/i;

/**
 * Places that patterns match in a text of a request. In the input of a tool the name of a member says what its value is,
 * as it would in the same JSON written as text.
 */
export function findInMember(
  text: Text,
  path: ValuePath,
  patterns: readonly ScreenPattern[],
): readonly Match[] {
  const found = findInText(text, patterns);
  const name = labelOf(path);
  // A long text is more than one value.
  if (typeof text !== "string" || name === undefined) return found;
  const before = `"${name}": "`;
  const named = findMatches(`${before}${text}"`, patterns, before.length).map(
    (match): Match => ({
      ...match,
      start: match.start - before.length,
      end: Math.min(match.end - before.length, text.length),
    }),
  );
  return joinOverlapping([...found, ...named], patterns);
}

/** The name of the member that a value of a tool's input stands in, also within a list. */
function labelOf(path: ValuePath): string | undefined {
  if (path[0] !== "messages" || path[INPUT_STEP] !== "input") return undefined;
  const name = path.slice(INPUT_STEP + 1).findLast((step) => typeof step === "string");
  return typeof name === "string" && LABELS.test(name) ? name.slice(-MAX_NAME_LENGTH) : undefined;
}

/** Characters of an escaped text that are decoded at a time. */
const PIECE_LENGTH = 128 * 1024;

/**
 * Places that patterns match in a text of a request, in UTF-16 units of the decoded text. Long texts are decoded a piece
 * at a time; what could be cut off is looked at again with the next piece.
 * @param pieceLength in characters of the escaped text. @default PIECE_LENGTH
 */
export function findInText(
  text: Text,
  patterns: readonly ScreenPattern[],
  pieceLength = PIECE_LENGTH,
): readonly Match[] {
  return text instanceof RawText
    ? findInEscaped(text.escaped, patterns, pieceLength)
    : findMatches(text, patterns);
}

function findInEscaped(
  escaped: string,
  patterns: readonly ScreenPattern[],
  pieceLength: number,
): readonly Match[] {
  const found: Match[] = [];
  /** What is looked at now: context, what was undecided, and the new piece. */
  let window = "";
  /** Of the window, in the decoded text. */
  let offset = 0;
  /** Where a match may begin at the earliest, in the window. */
  let from = 0;
  let start = 0;
  while (start < escaped.length) {
    const end = cutAtMost(escaped, start, start + pieceLength);
    window += decodePiece(escaped, start, end);
    const isLast = end === escaped.length;
    /** Matches that begin here or later might go on in the next piece. */
    let decided = isLast ? window.length : Math.max(from, window.length - MAX_MATCH_LENGTH);
    for (const match of findMatches(window, patterns, from)) {
      if (match.start >= decided) break;
      found.push({ ...match, start: offset + match.start, end: offset + match.end });
      decided = Math.max(decided, match.end);
    }
    const dropped = Math.max(0, decided - CONTEXT_LENGTH);
    window = window.slice(dropped);
    offset += dropped;
    from = decided - dropped;
    start = end;
  }
  return found;
}

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
      for (const [start, end] of spansFromHints(text, hints, reach, Math.max(0, from - reach))) {
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
function joinOverlapping(matches: Match[], patterns: readonly ScreenPattern[]): readonly Match[] {
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

/** Start and end of a part of a text. */
type Span = readonly [start: number, end: number];

/**
 * The parts of a text that begin with one of several hints, each so long, in their order; those that touch are one.
 * @param length of a part, in characters
 * @param from where a hint may begin at the earliest. @default 0
 */
export function spansFromHints(
  text: string,
  hints: readonly string[],
  length: number,
  from = 0,
): readonly Span[] {
  const starts: number[] = [];
  for (const hint of hints) {
    for (let at = text.indexOf(hint, from); at !== -1; at = text.indexOf(hint, at + hint.length))
      starts.push(at);
  }
  starts.sort((a, b) => a - b);
  const spans: [number, number][] = [];
  for (const start of starts) {
    const last = spans.at(-1);
    const end = Math.min(start + length, text.length);
    if (last === undefined || start > last[1]) spans.push([start, end]);
    else last[1] = end;
  }
  return spans;
}

const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
/** Longest escape: `\u` and four digits. */
const MAX_ESCAPE = 6;

/** A piece of an escaped text, decoded. */
export function decodePiece(escaped: string, start: number, end: number): string {
  return textOf(RawText.of(escaped.slice(start, end)));
}

/**
 * The last place, not behind `wanted`, where an escaped text can be cut: not inside an escape, not inside a character
 * of several bytes.
 * @param from a place where it can be cut
 */
export function cutAtMost(escaped: string, from: number, wanted: number): number {
  if (wanted >= escaped.length) return escaped.length;
  let cut = wanted;
  while (cut > from && (escaped.charCodeAt(cut) & 0xc0) === 0x80) cut--;
  for (let at = Math.max(from, cut - MAX_ESCAPE + 1); at < cut; at++) {
    if (escaped.charCodeAt(at) !== BACKSLASH || !beginsEscape(escaped, from, at)) continue;
    const length = escaped.charCodeAt(at + 1) === SMALL_U ? MAX_ESCAPE : 2;
    if (at + length > cut) return at;
  }
  return cut;
}

/** Of backslashes in a row, every second one is what the one before it escapes. */
function beginsEscape(escaped: string, from: number, at: number): boolean {
  let first = at;
  while (first > from && escaped.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 0;
}

/**
 * Where places of a text stand in its escaped form.
 * @param offsets in UTF-16 units of the decoded text, rising
 * @returns in characters of the escaped text
 */
export function toEscapedOffsets(escaped: string, offsets: readonly number[]): readonly number[] {
  const found: number[] = [];
  let decoded = 0;
  let at = 0;
  for (const offset of offsets) {
    while (decoded < offset && at < escaped.length) {
      const byte = escaped.charCodeAt(at);
      if (byte === BACKSLASH) at += escaped.charCodeAt(at + 1) === SMALL_U ? MAX_ESCAPE : 2;
      else if (byte < 0x80) at += 1;
      else at += byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      decoded += byte >= 0xf0 ? 2 : 1;
    }
    found.push(at);
  }
  return found;
}

/** What was found in one text of a request; never the content itself. */
export interface Finding {
  readonly patternId: string;
  /** Of the text in the request as the provider gets it, such as `messages.3.content.0.text`. */
  readonly path: string;
  /** Matches in this text. */
  readonly count: number;
}

/** Names of members are the client's own; a path must not become a way to carry content. */
const STEP = /^[A-Za-z0-9_-]{1,40}$/;
const MAX_STEPS = 12;

/** Matches of one text, by pattern. */
export function toFindings(matches: readonly Match[], path: ValuePath): Finding[] {
  const counts = new Map<string, number>();
  for (const { patternId } of matches) counts.set(patternId, (counts.get(patternId) ?? 0) + 1);
  const name = describePath(path);
  return [...counts].map(([patternId, count]) => ({ patternId, path: name, count }));
}

/** The patterns of findings, each once, in the order of the alphabet. */
export function patternIdsOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ patternId }) => patternId))].sort();
}

function describePath(path: ValuePath): string {
  const steps = path.slice(0, MAX_STEPS).map((step) => (STEP.test(String(step)) ? step : "*"));
  return (path.length > MAX_STEPS ? [...steps, "…"] : steps).join(".");
}
