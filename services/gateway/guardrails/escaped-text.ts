import { RawText } from "../json/json-value";
import { textOf } from "../json/text";

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
