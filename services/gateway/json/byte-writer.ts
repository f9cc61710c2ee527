const FIRST_BYTES = 64 * 1024;
/** A larger buffer is not kept for the next body. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;
/** Longer texts are copied as a whole instead of character by character. */
const COPIED_FROM = 48;

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const NEEDS_CARE = /["\\\x00-\x1f\x80-\uffff]/;
const QUOTE = 0x22;

/** ASCII that stands in a JSON string as it is. */
const PLAIN = new Uint8Array(128).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[0x5c] = 0;

/** JSON in the making, in a buffer that is used again: thousands of small pieces cost less so than as strings. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  /** A byte of punctuation. */
  byte(value: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = value;
  }

  /** Text of one character a byte, as it is. */
  raw(text: string): void {
    const { length } = text;
    if (this.#length + length > this.#buffer.length) this.#grow(length);
    if (length >= COPIED_FROM) this.#buffer.write(text, this.#length, "latin1");
    else {
      for (let index = 0; index < length; index++)
        this.#buffer[this.#length + index] = text.charCodeAt(index);
    }
    this.#length += length;
  }

  /** Bytes from `start` to `end`, as they are. */
  copy(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#length + length > this.#buffer.length) this.#grow(length);
    bytes.copy(this.#buffer, this.#length, start, end);
    this.#length += length;
  }

  /** Text as a JSON string. */
  string(text: string): void {
    if (text.length < COPIED_FROM) {
      if (!this.#copyPlain(text)) this.#encode(JSON.stringify(text));
    } else if (NEEDS_CARE.test(text)) {
      this.#encode(JSON.stringify(text));
    } else {
      this.byte(QUOTE);
      this.raw(text);
      this.byte(QUOTE);
    }
  }

  /** Writes a short text if it has only plain characters. @returns whether it was written */
  #copyPlain(text: string): boolean {
    const { length } = text;
    let at = this.#length;
    if (at + length + 2 > this.#buffer.length) this.#grow(length + 2);
    const buffer = this.#buffer;
    buffer[at++] = QUOTE;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f || PLAIN[code] === 0) return false;
      buffer[at++] = code;
    }
    buffer[at++] = QUOTE;
    this.#length = at;
    return true;
  }

  /** The bytes that were written; the writer is empty again. */
  takeBytes(): Buffer {
    // Small bodies share memory: they live as long as their requests, and making it costs more than writing them.
    const bytes = Buffer.allocUnsafe(this.#length);
    this.#buffer.copy(bytes, 0, 0, this.#length);
    this.reset();
    return bytes;
  }

  /** What was written, with one character for each byte; the writer is empty again. */
  take(): string {
    const text = this.#buffer.toString("latin1", 0, this.#length);
    this.reset();
    return text;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#length = 0;
    if (this.#buffer.length > MAX_KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  #encode(json: string): void {
    // A unit of UTF-16 takes at most three bytes.
    const most = json.length * 3;
    if (this.#length + most > this.#buffer.length) this.#grow(most);
    this.#length += this.#buffer.write(json, this.#length, "utf8");
  }

  #grow(more: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#length + more));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
