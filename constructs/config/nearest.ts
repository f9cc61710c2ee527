import { distance } from "fastest-levenshtein";
import type { Fault } from "./finding";

/** Longer texts are no misspelt names. */
const MAX_LENGTH = 64;

/**
 * The one of `names` that was most likely meant by `text`, upper and lower case aside; `undefined` where none is near:
 * more than a third of its letters would have to change.
 */
export function nearest(text: string, names: Iterable<string>): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const asked = text.toLowerCase();
  let best: { name: string; edits: number } | undefined;
  for (const name of names) {
    const edits = editsBetween(asked, name.toLowerCase());
    const allowed = Math.floor(Math.max(asked.length, name.length) / 3);
    if (edits <= allowed && edits < (best?.edits ?? Number.POSITIVE_INFINITY)) best = { name, edits };
  }
  return best?.name;
}

/** Two letters in the wrong order are one slip of the fingers, not two. */
function editsBetween(one: string, other: string): number {
  const edits = distance(one, other);
  return sorted(one) === sorted(other) ? edits / 2 : edits;
}

const sorted = (text: string) => [...text].sort().join("");

/** `did you mean x?` in front of a remedy, or nothing. */
export function didYouMean(text: string, names: Iterable<string>): string {
  const name = nearest(text, names);
  return name === undefined || name === text ? "" : `did you mean ${name}? `;
}

/**
 * What is wrong with a name that is none of those that there are.
 * @param what as in `is not a level`
 * @param setting list that it could be added to
 */
export function unknownName(
  name: string,
  names: readonly string[],
  { what, setting }: { readonly what: string; readonly setting: string },
): Omit<Fault, "value"> {
  return {
    problem: `is not ${what}`,
    allowed: names.join(", ") || "none yet",
    remedy: `${didYouMean(name, names)}name one of them, or add it to ${setting}`,
  };
}
