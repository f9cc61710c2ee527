import { type JsonValue, RawText, type Text } from "./json-value";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are part of ASCII
const NOT_ASCII = /[^\x00-\x7f]/;
/** What may follow the backslash of an escaped white space. */
const BLANK_ESCAPES = "nrtf";

/** Whether a value is text, read or passed on as it came. */
export function isText(value: JsonValue | undefined): value is Text {
  return typeof value === "string" || value instanceof RawText;
}

/** The text itself. Decodes long ones, so only for what must be read. */
export function textOf(text: Text): string {
  if (typeof text === "string") return text;
  return JSON.parse(`"${fromByteText(text.escaped)}"`) as string;
}

/** Whether there is nothing but white space. Long texts are decoded only when they begin with other than ASCII. */
export function isBlankText(text: Text): boolean {
  if (typeof text === "string") return text.trim() === "";
  const { escaped } = text;
  let index = 0;
  while (index < escaped.length) {
    const character = escaped[index] as string;
    if (character === " ") index++;
    else if (character === "\\" && BLANK_ESCAPES.includes(escaped[index + 1] as string)) index += 2;
    else if (character === "\\" && escaped[index + 1] === "u") break;
    else if (character > "\x7f") break;
    else return false;
  }
  return index >= escaped.length || textOf(text).trim() === "";
}

/** Bytes of UTF-8; a long text counts as it is escaped, which is never less. */
export function byteLengthOf(text: Text): number {
  return typeof text === "string" ? Buffer.byteLength(text) : text.escaped.length;
}

/** Text with one character for each byte of its UTF-8, as all that is sent is put together. */
export function toByteText(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text).toString("latin1") : text;
}

function fromByteText(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, "latin1").toString("utf8") : text;
}
