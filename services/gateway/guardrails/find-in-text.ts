import { RawText, type Text } from "../json/json-value";
import { cutAtMost, decodePiece } from "./escaped-text";
import { findMatches, type Match } from "./find-matches";
import { CONTEXT_LENGTH, MAX_MATCH_LENGTH, type ScreenPattern } from "./pattern";

/** Characters of an escaped text that are decoded at a time. */
export const PIECE_LENGTH = 128 * 1024;

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
