import { JsonSyntaxError } from "./json-syntax-error";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** Shorter strings are not worth the start of the fast loop. */
const SLOW_BYTES = 12;

const ESCAPABLE = byteTable('"\\/bfnrt');
const HEXADECIMAL = byteTable("0123456789abcdefABCDEF");

function byteTable(members: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const member of members) table[member.charCodeAt(0)] = 1;
  return table;
}

/** A body in the forms that the scan needs: its bytes, and the same bytes in aligned groups of four. */
export class ScannedBytes {
  readonly #words: Int32Array;
  /** Bytes before the first whole word. */
  readonly #lead: number;
  /** Whether the last string has a backslash. */
  hasEscape = false;
  /** Whether the last string may have bytes above 0x7f. */
  mayBeWide = false;

  constructor(readonly bytes: Buffer) {
    this.#lead = Math.min(-bytes.byteOffset & 3, bytes.length);
    this.#words = new Int32Array(
      bytes.buffer,
      bytes.byteOffset + this.#lead - ((bytes.byteOffset + this.#lead) & 3),
      (bytes.length - this.#lead) >> 2,
    );
  }

  /**
   * Finds the end of a string and validates what lies between: escapes, and no raw control bytes. Four bytes at a time:
   * a group without quote, backslash and control byte, which most are, is passed with a handful of integer operations.
   * @param start the byte after the opening quote
   * @returns the position of the closing quote
   */
  scanString(start: number): number {
    const bytes = this.bytes;
    const words = this.#words;
    const lead = this.#lead;
    const length = bytes.length;
    let position = start;
    let seen = 0;
    let slowUntil = start + SLOW_BYTES;
    this.hasEscape = false;
    for (;;) {
      if (position >= slowUntil && ((position - lead) & 3) === 0) {
        let index = (position - lead) >> 2;
        for (; index < words.length; index++) {
          const word = words[index] as number;
          seen |= word;
          // Exclusive or with 2 puts the quote (0x22) next to the control bytes, so that one comparison finds both.
          const low = ((word ^ 0x02020202) - 0x21212121) | 0;
          const back = ((word ^ 0x5c5c5c5c) - 0x01010101) | 0;
          if (((low | back) & ~word & 0x80808080) !== 0) break;
        }
        position = (index << 2) + lead;
        slowUntil = position + 4;
      }
      if (position >= length) throw new JsonSyntaxError("string without an end", length);
      const byte = bytes[position] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        this.hasEscape = true;
        position = this.#skipEscape(position);
        continue;
      }
      if (byte < 0x20) throw new JsonSyntaxError("control character in a string", position);
      seen |= byte;
      position++;
    }
    this.mayBeWide = (seen & 0x80808080) !== 0;
    return position;
  }

  #skipEscape(position: number): number {
    const bytes = this.bytes;
    if (position + 1 >= bytes.length) throw new JsonSyntaxError("string without an end", bytes.length);
    const kind = bytes[position + 1] as number;
    if (ESCAPABLE[kind] === 1) return position + 2;
    if (kind !== LETTER_U) throw new JsonSyntaxError("unknown escape in a string", position);
    if (position + 6 > bytes.length) throw new JsonSyntaxError("string without an end", bytes.length);
    for (let digit = position + 2; digit < position + 6; digit++) {
      if (HEXADECIMAL[bytes[digit] as number] !== 1) {
        throw new JsonSyntaxError("\\u without four hexadecimal digits", position);
      }
    }
    return position + 6;
  }
}
