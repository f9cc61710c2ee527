import { toByteText } from "../../json/text";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are part of ASCII
const NOT_ASCII = /[^\x00-\x7f]/;

/** JSON of a value, with one character for each byte of UTF-8. */
export function toByteJson(value: unknown): string {
  return toByteText(JSON.stringify(value));
}

/** Text with one character for each byte of UTF-8 → text. */
export function fromByteText(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, "latin1").toString("utf8") : text;
}

/** Text as it stands between the quotes of a JSON string, with one character for each byte of UTF-8. */
export function escapeText(text: string): string {
  return toByteJson(text).slice(1, -1);
}

/** Escaped text with one character for each byte → text. @throws SyntaxError when it is not escaped properly */
export function unescapeText(escaped: string): string {
  const text = fromByteText(escaped);
  return text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text;
}

const MIN_COPY = 4096;

/**
 * Puts many small pieces together. Pieces are often slices of what was read from a socket and would keep all of it
 * alive, so they are copied now and then.
 */
export class ByteTextBuilder {
  #copied = "";
  #recent = "";

  get length(): number {
    return this.#copied.length + this.#recent.length;
  }

  add(piece: string): void {
    this.#recent += piece;
    if (this.#recent.length < MIN_COPY) return;
    this.#copied += Buffer.from(this.#recent, "latin1").toString("latin1");
    this.#recent = "";
  }

  toString(): string {
    return this.#copied + this.#recent;
  }
}
