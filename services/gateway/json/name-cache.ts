const SLOTS = 512;
/** Names of fields are short; longer texts seldom come twice. */
const MAX_BYTES = 24;

/**
 * Short ASCII texts that keep coming, such as names of fields: the same text is the same string, which is neither made
 * nor hashed again. Bounded: a new text takes the slot of an old one.
 */
export class NameCache {
  readonly #slots: string[] = new Array<string>(SLOTS).fill("");

  /** The text of `bytes` from `start` to `end`, which is ASCII. */
  find(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return "";
    if (length > MAX_BYTES) return bytes.toString("latin1", start, end);
    const first = bytes[start] as number;
    const middle = bytes[start + (length >> 1)] as number;
    const last = bytes[end - 1] as number;
    const slot = (first * 31 + middle * 7 + last * 131 + length * 61) & (SLOTS - 1);
    const known = this.#slots[slot] as string;
    if (known.length === length && isAt(known, bytes, start)) return known;
    const made = bytes.toString("latin1", start, end);
    this.#slots[slot] = made;
    return made;
  }
}

function isAt(known: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < known.length; index++) {
    if (known.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}
