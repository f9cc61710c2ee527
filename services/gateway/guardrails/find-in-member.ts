import type { Text } from "../json/json-value";
import type { TextPath } from "./change-texts";
import { findInText } from "./find-in-text";
import { findMatches, joinOverlapping, type Match } from "./find-matches";
import type { ScreenPattern } from "./pattern";

/** Where the members of a tool's input begin: `messages`, 3, `content`, 0, `input`. */
const INPUT_STEP = 4;
const MAX_NAME_LENGTH = 64;
/** What patterns ask to stand before a value. */
const TELLING = /pass|secret|token|key|credential|aws|ssn|social|phone|mobile|tel|fax/i;

/**
 * Places that patterns match in a text of a request. In the input of a tool the name of a member says what its value is,
 * as it would in the same JSON written as text.
 */
export function findInMember(
  text: Text,
  path: TextPath,
  patterns: readonly ScreenPattern[],
): readonly Match[] {
  const found = findInText(text, patterns);
  const name = tellingName(path);
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
function tellingName(path: TextPath): string | undefined {
  if (path[0] !== "messages" || path[INPUT_STEP] !== "input") return undefined;
  const name = path.slice(INPUT_STEP + 1).findLast((step) => typeof step === "string");
  return typeof name === "string" && TELLING.test(name) ? name.slice(-MAX_NAME_LENGTH) : undefined;
}
