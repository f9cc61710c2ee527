import { isList } from "./client-value";
import { type JsonObject, type JsonValue, RawNumber, RawText } from "./json-value";

/** Size of the buffer that is used again; larger bodies are written into one of their own. */
const KEPT_BYTES = 64 * 1024;
/** Longer texts are copied as a whole instead of character by character. */
const COPIED_FROM = 48;

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const NEEDS_CARE = /["\\\x00-\x1f\x80-\uffff]/;
const QUOTE = 0x22;

/** ASCII that stands in a JSON string as it is. */
const PLAIN = new Uint8Array(128).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[0x5c] = 0;

/**
 * JSON in the making, in one buffer: thousands of small pieces cost less so than as strings. It is ours because `JSON.stringify` and
 * the libraries make a string of all of it, and cannot copy texts that were never decoded.
 */
export class ByteWriter {
  readonly #kept = Buffer.allocUnsafeSlow(KEPT_BYTES);
  #buffer = this.#kept;
  #length = 0;

  /**
   * Forgets what was written, and begins anew.
   * @param expectedBytes how large the body will be, as far as is known. @default - small
   */
  begin(expectedBytes = 0): void {
    this.#length = 0;
    this.#buffer = expectedBytes > KEPT_BYTES ? Buffer.allocUnsafeSlow(expectedBytes) : this.#kept;
  }

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
    const isOwn = this.#buffer !== this.#kept && this.#length > this.#buffer.length / 2;
    const written = this.#buffer.subarray(0, this.#length);
    // Small bodies share memory: they live as long as their requests, and making it costs more than writing them.
    const bytes = isOwn ? written : Buffer.allocUnsafe(this.#length);
    if (!isOwn) written.copy(bytes);
    this.begin();
    return bytes;
  }

  /** What was written, with one character for each byte; the writer is empty again. */
  take(): string {
    const text = this.#buffer.toString("latin1", 0, this.#length);
    this.begin();
    return text;
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

const COMMA = 0x2c;
const COLON = 0x3a;

const writer = new ByteWriter();

/**
 * JSON as `JSON.stringify` writes it, with one character for each byte of UTF-8. Texts and numbers that were passed on
 * are written as they came, members that are `undefined` are left out.
 */
export function writeJson(value: JsonValue): string {
  // An error on the way, such as too deep a value, must not leave a piece for the next body.
  writer.begin();
  writeValue(value);
  return writer.take();
}

/**
 * The bytes of `writeJson`, which for large bodies are made much faster than the text.
 * @param expectedBytes how many they will be, as far as is known. @default - few
 */
export function writeJsonBytes(value: JsonValue, expectedBytes?: number): Buffer {
  writer.begin(expectedBytes);
  writeValue(value);
  return writer.takeBytes();
}

function writeValue(value: JsonValue | undefined): void {
  if (typeof value === "string") writer.string(value);
  else if (typeof value === "number") writer.raw(Number.isFinite(value) ? String(value) : "null");
  else if (typeof value === "boolean") writer.raw(value ? "true" : "false");
  else if (value === null || value === undefined) writer.raw("null");
  else if (value instanceof RawText) writeRawText(value);
  else if (value instanceof RawNumber) writer.raw(value.text);
  else if (isList(value)) writeList(value);
  else writeObject(value);
}

function writeRawText({ bytes, start, end }: RawText): void {
  writer.byte(QUOTE);
  writer.copy(bytes, start, end);
  writer.byte(QUOTE);
}

function writeList(list: readonly JsonValue[]): void {
  writer.byte(0x5b);
  for (let index = 0; index < list.length; index++) {
    if (index > 0) writer.byte(COMMA);
    writeValue(list[index]);
  }
  writer.byte(0x5d);
}

function writeObject(object: JsonObject): void {
  writer.byte(0x7b);
  let isFirst = true;
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined) continue;
    if (!isFirst) writer.byte(COMMA);
    isFirst = false;
    writer.string(name);
    writer.byte(COLON);
    writeValue(value);
  }
  writer.byte(0x7d);
}
