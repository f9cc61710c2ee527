import { JsonSyntaxError } from "./json-value";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

const ESCAPABLE = byteTable('"\\/bfnrt');
const HEXADECIMAL = byteTable("0123456789abcdefABCDEF");

/** Whether the first of four bytes is the lowest of the integer that they make. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

function byteTable(members: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const member of members) table[member.charCodeAt(0)] = 1;
  return table;
}

/**
 * The bytes of `word` that end the plain part of a string, as their highest bits: quote, backslash, control bytes. The
 * lowest bit that is set is right; a higher one may be wrong.
 */
function specials(word: number): number {
  // Exclusive or with 2 puts the quote (0x22) next to the control bytes, so that one comparison finds both.
  const low = ((word ^ 0x02020202) - 0x21212121) | 0;
  const backslash = ((word ^ 0x5c5c5c5c) - 0x01010101) | 0;
  return (low | backslash) & ~word & 0x80808080;
}

/** Finds the ends of strings in a body, four bytes at a time. */
export class StringScanner {
  readonly #bytes: Buffer;
  /** Aligned groups of four bytes; the first may begin before the body, the last ends inside it. */
  readonly #words: Int32Array;
  /** Bytes of the first group that stand before the body. */
  readonly #skip: number;
  /** Whether the last string has a backslash. */
  hasEscape = false;
  /** Whether the last string may have bytes above 0x7f. */
  mayBeWide = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#skip = bytes.byteOffset & 3;
    const words = IS_LITTLE_ENDIAN ? (this.#skip + bytes.length) >> 2 : 0;
    this.#words = new Int32Array(bytes.buffer, bytes.byteOffset - this.#skip, words);
  }

  /**
   * Finds the end of a string and validates what lies between: escapes, and no raw control bytes.
   * @param start the byte after the opening quote
   * @returns the position of the closing quote
   * @throws JsonSyntaxError
   */
  scan(start: number): number {
    const bytes = this.#bytes;
    const words = this.#words;
    const skip = this.#skip;
    let position = start;
    let seen = 0;
    this.hasEscape = false;
    for (;;) {
      let index = (position + skip) >> 2;
      if (index < words.length) {
        let word = words[index] as number;
        // What stands before the position in the same group does not count.
        let found = specials(word) & (-1 << (((position + skip) & 3) << 3));
        seen |= word;
        while (found === 0 && ++index < words.length) {
          word = words[index] as number;
          seen |= word;
          found = specials(word);
        }
        const place = found === 0 ? 0 : (31 - Math.clz32(found & -found)) >> 3;
        position = (index << 2) - skip + place;
      }
      if (index >= words.length) {
        position = this.#skipPlain(position);
        seen |= 0x80;
      }
      const byte = bytes[position] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        this.hasEscape = true;
        position = this.#skipEscape(position);
      } else if (byte < 0x20) {
        throw new JsonSyntaxError("control character in a string", position);
      } else {
        position++;
      }
    }
    this.mayBeWide = (seen & 0x80808080) !== 0;
    return position;
  }

  /** The last bytes of a body, which make no group. @returns the position of a special byte */
  #skipPlain(start: number): number {
    const bytes = this.#bytes;
    for (let position = start; position < bytes.length; position++) {
      const byte = bytes[position] as number;
      if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) return position;
    }
    throw new JsonSyntaxError("unterminated string", bytes.length);
  }

  #skipEscape(position: number): number {
    const bytes = this.#bytes;
    if (position + 1 >= bytes.length) throw new JsonSyntaxError("unterminated string", bytes.length);
    const kind = bytes[position + 1] as number;
    if (ESCAPABLE[kind] === 1) return position + 2;
    if (kind !== LETTER_U) throw new JsonSyntaxError("invalid escape in a string", position);
    if (position + 6 > bytes.length) throw new JsonSyntaxError("unterminated string", bytes.length);
    for (let digit = position + 2; digit < position + 6; digit++) {
      if (HEXADECIMAL[bytes[digit] as number] !== 1) {
        throw new JsonSyntaxError("\\u needs four hexadecimal digits", position);
      }
    }
    return position + 6;
  }
}

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** @returns the position after the number that begins at `start`. @throws JsonSyntaxError where JSON has no number */
export function scanNumber(bytes: Uint8Array, start: number): number {
  let position = bytes[start] === MINUS ? start + 1 : start;
  const end = scanDigits(bytes, position);
  if (bytes[position] === ZERO && end > position + 1) {
    throw new JsonSyntaxError("number with a leading zero", position);
  }
  position = end;
  if (bytes[position] === POINT) position = scanDigits(bytes, position + 1);
  const letter = bytes[position];
  if (letter === 0x65 || letter === 0x45) {
    const sign = bytes[position + 1];
    position = scanDigits(bytes, sign === PLUS || sign === MINUS ? position + 2 : position + 1);
  }
  return position;
}

/** At least one digit. */
function scanDigits(bytes: Uint8Array, start: number): number {
  let position = start;
  while (position < bytes.length) {
    const byte = bytes[position] as number;
    if (byte < ZERO || byte > NINE) break;
    position++;
  }
  if (position === start) throw new JsonSyntaxError("expected a digit", start);
  return position;
}
