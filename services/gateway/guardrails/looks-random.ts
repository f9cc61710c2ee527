/** A run of small letters this long is a word: in 40 random characters it comes once in thousands. */
const WORD = /[a-z]{8}|[A-Z]{8}/;
/** A part of a name such as `session-token`. */
const NAME_PART = /(?<![A-Za-z0-9+/])(?:[A-Z]?[a-z]{3,}|[A-Z]{3,})(?![A-Za-z0-9+/])/g;
const PLACEHOLDER = /example|placeholder|changeme|change_me|your[_-]|xxxx|0000|1234567|abcdef|(.)\1{4}/i;

/**
 * Whether a value looks as if a machine had drawn it: letters and digits well mixed, many different characters, no
 * words, no placeholder.
 * @param minBits least Shannon entropy of a character. @default 3.3, which random hex of 32 digits has nearly always
 */
export function looksRandom(value: string, minBits = 3.3): boolean {
  const digits = countOf(value, /\d/g);
  const letters = countOf(value, /[A-Za-z]/g);
  if (digits < 2 || letters < 2) return false;
  if (WORD.test(value) || PLACEHOLDER.test(value) || countOf(value, NAME_PART) >= 2) return false;
  return entropyOf(value) >= minBits;
}

/**
 * Whether a text has at least so many different characters: `xxxx…` and `0000…` in documentation have not, also with a
 * prefix such as `sk-ant-api03-`.
 */
export function isVaried(value: string, least = 14): boolean {
  return new Set(value).size >= least;
}

function countOf(value: string, of: RegExp): number {
  return value.match(of)?.length ?? 0;
}

/** Shannon entropy, in bits a character. */
function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}
