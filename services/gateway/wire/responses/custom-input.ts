import { toByteText } from "../../json/text";
import { ByteTextBuilder, escapeText } from "../internal/byte-text";

/** The one argument of a function that stands for a custom tool. */
export const CUSTOM_INPUT = "input";

const HEAD = /^\s*\{\s*"input"\s*:\s*"/;
/** No model writes this much before the text; what is longer is not our function's argument. */
const MAX_HEAD_LENGTH = 64;

/**
 * Reads the text of a custom tool out of `{"input":"…"}` while the model is writing it, so that the client sees it grow.
 * It is ours because streaming JSON parsers give out a string only when it is whole.
 * States: `head` before the text, `text` inside it, `done` behind it, `other` when the model writes something else.
 */
export class CustomInputReader {
  #state: "head" | "text" | "done" | "other" = "head";
  #json = "";
  /** Where the text begins in `#json`; what was given out is removed from it. */
  #at = 0;
  readonly #text = new ByteTextBuilder();

  /** The inside of a JSON string in byte text: all that came, once `finish` was called. */
  get text(): string {
    return this.#text.toString();
  }

  /** @param fragment of the arguments. @returns what is new of the text: the inside of a JSON string, in byte text */
  push(fragment: string): string {
    this.#json += fragment;
    if (this.#state === "head") this.#findText();
    return this.#state === "text" ? this.#give(this.#readText()) : "";
  }

  /** The arguments are over. @returns what is still new of the text */
  finish(): string {
    if (this.#state === "text" || this.#state === "done") return "";
    return this.#give(escapeText(readWhole(this.#json)));
  }

  #findText(): void {
    const head = HEAD.exec(this.#json);
    if (head !== null) {
      this.#state = "text";
      this.#at = head[0].length;
    } else if (this.#json.length > MAX_HEAD_LENGTH) this.#state = "other";
  }

  /** Up to the last whole character. What is not valid inside a JSON string is made valid, never dropped. */
  #readText(): string {
    const json = this.#json;
    let text = "";
    let at = this.#at;
    while (at < json.length && this.#state === "text") {
      const char = json.charAt(at);
      if (char === '"') {
        this.#state = "done";
      } else if (char === "\\") {
        const length = escapeLength(json, at);
        if (length === 0) break;
        text += length === 1 ? "\\\\" : json.slice(at, at + length);
        at += length;
      } else {
        const end = findSpecial(json, at);
        text += JSON.stringify(json.slice(at, end)).slice(1, -1);
        at = end;
      }
    }
    this.#json = json.slice(at);
    this.#at = 0;
    return toByteText(text);
  }

  #give(escaped: string): string {
    this.#text.add(escaped);
    return escaped;
  }
}

function findSpecial(json: string, from: number): number {
  for (let at = from; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === 0x22 || code === 0x5c) return at;
  }
  return json.length;
}

/** 2 or 6, 12 for a character outside the basic plane; 0 when it is not all there; 1 when it is no escape. */
function escapeLength(json: string, at: number): number {
  const kind = json.charAt(at + 1);
  if (kind === "") return 0;
  if (kind !== "u") return '"\\/bfnrt'.includes(kind) ? 2 : 1;
  const digits = json.slice(at + 2, at + 6);
  if (!/^[0-9a-fA-F]*$/.test(digits)) return 1;
  if (digits.length < 4) return 0;
  if (!/^d[89ab]/i.test(digits)) return 6;
  // Half a character must not be given out alone: not every client can read it.
  const low = json.slice(at + 6, at + 12);
  if (/^\\u[dD][c-fC-F][0-9a-fA-F]{2}$/.test(low)) return 12;
  return low.length < 6 && /^(?:\\(?:u(?:[dD][0-9a-fA-F]*)?)?)?$/.test(low) ? 0 : 6;
}

/** Arguments in another order or with other names: the text where there is one, else all of it as it was written. */
function readWhole(json: string): string {
  if (json.trim() === "") return "";
  try {
    const value = JSON.parse(json) as Readonly<Record<string, unknown>> | null;
    const text = value?.[CUSTOM_INPUT];
    if (typeof text === "string") return text;
    if (value !== null && typeof value === "object" && Object.keys(value).length === 0) return "";
  } catch {
    // Not JSON: the tool gets what the model wrote.
  }
  return json;
}
