import { StringDecoder } from "node:string_decoder";

/** One server-sent event. */
export interface SseEvent {
  /** Value of `event:`; `message` when there was none. */
  readonly event: string;
  /** All `data:` lines, joined by line breaks. */
  readonly data: string;
}

/** A line, or the data of an event, is larger than the parser accepts. */
export class SseTooLargeError extends Error {
  override readonly name = "SseTooLargeError";
}

/**
 * Bytes → events, however the bytes are cut: inside a character, between CR and LF, at every byte.
 * What is kept between two calls is bounded.
 */
export class SseParser {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  #event = "";
  #data: string[] = [];
  #dataLength = 0;
  #isStart = true;
  #lastWasCr = false;

  /** @param maxLength longest line and longest event, in characters. @default 4 Mi */
  constructor(readonly maxLength = 4 * 1024 * 1024) {}

  /** @throws SseTooLargeError */
  push(chunk: Uint8Array): SseEvent[] {
    let text = this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (text === "") return [];
    if (this.#isStart) {
      this.#isStart = false;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    // The line ended with the CR of the last chunk; its LF belongs to it.
    if (this.#lastWasCr && text.charCodeAt(0) === 10) text = text.slice(1);
    if (text !== "") this.#lastWasCr = text.charCodeAt(text.length - 1) === 13;
    const events: SseEvent[] = [];
    const buffer = this.#rest + text;
    let start = 0;
    for (;;) {
      const end = findLineEnd(buffer, start);
      if (end < 0) break;
      this.#line(buffer.slice(start, end), events);
      start = buffer.charCodeAt(end) === 13 && buffer.charCodeAt(end + 1) === 10 ? end + 2 : end + 1;
    }
    this.#rest = buffer.slice(start);
    if (this.#rest.length > this.maxLength)
      throw new SseTooLargeError(`line over ${this.maxLength} characters`);
    return events;
  }

  #line(line: string, events: SseEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0)
        events.push({ event: this.#event || "message", data: this.#data.join("\n") });
      this.#event = "";
      this.#data = [];
      this.#dataLength = 0;
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    if (field === "data") {
      this.#data.push(value);
      this.#dataLength += value.length;
      if (this.#dataLength > this.maxLength)
        throw new SseTooLargeError(`event over ${this.maxLength} characters`);
    }
  }
}

function findLineEnd(text: string, from: number): number {
  const lf = text.indexOf("\n", from);
  const cr = text.indexOf("\r", from);
  if (lf < 0 || cr < 0) return Math.max(lf, cr);
  return Math.min(lf, cr);
}

/** The line that ends an OpenAI stream. */
export const SSE_DONE = "data: [DONE]\n\n";

/** A comment that keeps the connection alive and that clients ignore. */
export const SSE_KEEP_ALIVE = ": keep-alive\n\n";

/** An object as one unnamed event, as OpenAI streams have it. */
export function encodeSseData(payload: unknown): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}
