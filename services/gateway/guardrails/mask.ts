import { RawText, type Text } from "../json/json-value";
import type { MessagesRequest } from "../messages/request";
import { changeTexts } from "./change-texts";
import { toEscapedOffsets } from "./escaped-text";
import { findInMember } from "./find-in-member";
import type { Match } from "./find-matches";
import { type Finding, toFindings } from "./finding";
import type { ScreenPattern } from "./pattern";
import { MAX_FINDINGS } from "./screen";

/** A request that may leave, and what it held. */
export interface MaskedRequest {
  /** The same one when nothing was found. */
  readonly request: MessagesRequest;
  /** At most `MAX_FINDINGS`; masked is everything. */
  readonly findings: readonly Finding[];
}

/** A mask may uncover a match that what stood there before had hidden; deeper than this nothing hides. */
const MAX_ROUNDS = 4;

/** Puts `[<pattern id>]` in the place of every match. All other bytes stay as they are. */
export function mask(request: MessagesRequest, patterns: readonly ScreenPattern[]): MaskedRequest {
  const findings: Finding[] = [];
  const masked = changeTexts(request, (text, path) => {
    let current = text;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const matches = findInMember(current, path, patterns);
      if (matches.length === 0) break;
      if (findings.length < MAX_FINDINGS) findings.push(...toFindings(matches, path));
      current = replaceMatches(current, matches);
    }
    return current;
  });
  return { request: masked, findings: findings.slice(0, MAX_FINDINGS) };
}

/** @param matches in their order and apart from each other, in UTF-16 units of the decoded text */
function replaceMatches(text: Text, matches: readonly Match[]): Text {
  const offsets = matches.flatMap(({ start, end }) => [start, end]);
  if (!(text instanceof RawText)) return splice(text, offsets, matches);
  const { escaped } = text;
  return RawText.of(splice(escaped, toEscapedOffsets(escaped, offsets), matches));
}

/** @param offsets start and end of each match */
function splice(text: string, offsets: readonly number[], matches: readonly Match[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const [index, { patternId }] of matches.entries()) {
    parts.push(text.slice(from, offsets[2 * index]), `[${patternId}]`);
    from = offsets[2 * index + 1] as number;
  }
  return [...parts, text.slice(from)].join("");
}
