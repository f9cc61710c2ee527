/**
 * Something that a text may hold and that should not leave the organisation. The patterns are ours because scanners such as gitleaks
 * and Presidio are programs of their own: a request would wait for another process, and their expressions are not bound to linear time.
 */
export interface ScreenPattern {
  /** Small letters, digits and hyphens; what settings, errors, metrics and masks name it by. */
  readonly id: string;
  readonly kind: "secret" | "pii";
  readonly description: string;
  /**
   * Finds candidates, in time linear in the text: bounded quantifiers only, none inside another over the same characters.
   * Global. What it matches is what is masked, so labels in front of a value stand in `check`.
   */
  readonly regex: RegExp;
  /** Texts of which one must be there before `regex` is tried; they only save time. @default - always tried */
  readonly hints?: readonly string[];
  /** Matches begin at most so many characters behind the beginning of a hint, and are no longer. @default - anywhere */
  readonly reach?: number;
  /**
   * How much of a candidate counts, in characters from its beginning; 0: it is none after all.
   * @param before up to `CONTEXT_LENGTH` characters that stand before it
   * @default - all of it
   */
  readonly measure?: (candidate: string, before: string) => number;
  /** Looked for only where settings name it. @default false */
  readonly isOptional?: true;
}

/** Characters before a candidate that a pattern may look at. */
export const CONTEXT_LENGTH = 200;
/** Longest text that a pattern matches, in characters; every quantifier stays below it. */
export const MAX_MATCH_LENGTH = 16 * 1024;

/** A measure that takes all or nothing. */
export function takeIf(
  holds: (candidate: string, before: string) => boolean,
): NonNullable<ScreenPattern["measure"]> {
  return (candidate, before) => (holds(candidate, before) ? candidate.length : 0);
}
