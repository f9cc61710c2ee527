import { type JsonValue, RawText, type Text } from "./json-value";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are part of ASCII
const NOT_ASCII = /[^\x00-\x7f]/;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** What may follow the backslash of an escaped white space. */
const BLANK_ESCAPES: readonly (number | undefined)[] = [..."nrtf"].map((letter) => letter.charCodeAt(0));

/** Whether a value is text, read or passed on as it came. */
export function isText(value: JsonValue | undefined): value is Text {
  return typeof value === "string" || value instanceof RawText;
}

/** The text itself. Decodes long ones, so only for what must be read. */
export function textOf(text: Text): string {
  if (typeof text === "string") return text;
  return JSON.parse(`"${text.bytes.toString("utf8", text.start, text.end)}"`) as string;
}

/** Whether there is nothing but white space. Long texts are decoded only when they begin with other than ASCII. */
export function isBlankText(text: Text): boolean {
  if (typeof text === "string") return text.trim() === "";
  const { bytes, end } = text;
  let index = text.start;
  while (index < end) {
    const byte = bytes[index] as number;
    if (byte === SPACE) index++;
    else if (byte === BACKSLASH && BLANK_ESCAPES.includes(bytes[index + 1])) index += 2;
    else if (byte === BACKSLASH && bytes[index + 1] === LETTER_U) break;
    else if (byte > 0x7f) break;
    else return false;
  }
  return index >= end || textOf(text).trim() === "";
}

/** The first characters of a text that is expected to be ASCII, such as base64; of a long one as it is escaped. */
export function beginningOf(text: Text, length: number): string {
  const beginning = text.slice(0, length);
  return typeof beginning === "string" ? beginning : beginning.escaped;
}

/** Bytes of UTF-8; a long text counts as it is escaped, which is never less. */
export function byteLengthOf(text: Text): number {
  return typeof text === "string" ? Buffer.byteLength(text) : text.byteLength;
}

/** Text with one character for each byte of its UTF-8, as all that is sent is put together. */
export function toByteText(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text).toString("latin1") : text;
}
