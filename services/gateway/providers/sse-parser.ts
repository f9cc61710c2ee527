import { MessageEvent } from "../wire/internal/event";

/** What is kept of an event that is not complete yet is larger than the parser accepts. */
export class SseTooLargeError extends Error {
  override readonly name = "SseTooLargeError";
}

const BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";
const EVENT_HEAD = "event: ";
const DATA_HEAD = "data: ";
const LF = 10;
const CR = 13;

/**
 * Bytes → events, however the bytes are cut. Works on text with one character for each byte, so a character that is
 * cut in two is no matter. An event ends with an empty line; lines end with LF, CR LF or CR.
 */
export class SseParser {
  /** The beginning of an event, in the pieces in which it came. */
  #carry: string[] = [];
  #carryLength = 0;
  #isStart = true;

  /** @param maxLength most bytes of an event that is not complete. @default 4 Mi */
  constructor(readonly maxLength = 4 * 1024 * 1024) {}

  /**
   * @param events where they are put: those before one without sense are there when it throws. @default a new list
   * @returns the events that are complete now; none has a line break in its JSON unless its data came in several lines
   * @throws SseTooLargeError
   * @throws SyntaxError for an event without `event:` that is not a JSON object
   */
  push(chunk: Uint8Array, events: MessageEvent[] = []): MessageEvent[] {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    if (!this.#completes(piece)) {
      this.#keep(piece);
      return events;
    }
    const text = this.#take(piece);
    const rest = text.includes("\r") ? readBlocks(text, 0, events) : readCanonical(text, events);
    if (rest < text.length) this.#keep(text.slice(rest));
    return events;
  }

  /** Whether there is an end of an event: what is kept has none, but its last character may be half of one. */
  #completes(piece: string): boolean {
    const last = this.#carry.at(-1);
    if (last !== undefined && isBlankLine(last.charCodeAt(last.length - 1), piece.charCodeAt(0))) return true;
    return piece.includes("\n\n") || (piece.includes("\r") && BLANK_LINE.test(piece));
  }

  #keep(piece: string): void {
    if (piece === "") return;
    this.#carry.push(piece);
    this.#carryLength += piece.length;
    if (this.#carryLength > this.maxLength) {
      throw new SseTooLargeError(`event over ${this.maxLength} bytes`);
    }
  }

  #take(piece: string): string {
    this.#carry.push(piece);
    let text = this.#carry.length === 1 ? piece : this.#carry.join("");
    this.#carry = [];
    this.#carryLength = 0;
    if (this.#isStart) {
      this.#isStart = false;
      if (text.startsWith(BYTE_ORDER_MARK)) text = text.slice(BYTE_ORDER_MARK.length);
    }
    return text;
  }
}

/** The end of a line and an empty line. */
const BLANK_LINE = /\n[\n\r]|\r\r/;

function isBlankLine(last: number, next: number): boolean {
  return (last === LF && (next === LF || next === CR)) || (last === CR && next === CR);
}

/** How nearly all events of an answer begin. */
const DELTA_HEAD = /event: content_block_delta\ndata: /y;
const DELTA_HEAD_LENGTH = "event: content_block_delta\ndata: ".length;

/** Reads events of one `event:` and one `data:` line without looking at their lines one by one. @returns where it got to */
function readCanonical(text: string, events: MessageEvent[]): number {
  let at = 0;
  while (at < text.length) {
    // Faster than `startsWith`, which compares one character at a time.
    DELTA_HEAD.lastIndex = at;
    const isDelta = DELTA_HEAD.test(text);
    const head = isDelta ? at + DELTA_HEAD_LENGTH : endOfHead(text, at);
    const end = head < 0 ? -1 : text.indexOf("\n", head);
    if (end < 0 || text.charCodeAt(end + 1) !== LF) return readBlocks(text, at, events);
    const type = isDelta
      ? "content_block_delta"
      : text.slice(at + EVENT_HEAD.length, head - DATA_HEAD.length - 1);
    events.push(new MessageEvent(type, text.slice(head, end)));
    at = end + 2;
  }
  return at;
}

/** Where the data begin; -1 when the lines are others, or name no type. */
function endOfHead(text: string, at: number): number {
  if (!text.startsWith(EVENT_HEAD, at)) return -1;
  const lineEnd = text.indexOf("\n", at);
  if (lineEnd === at + EVENT_HEAD.length) return -1;
  return lineEnd >= 0 && text.startsWith(DATA_HEAD, lineEnd + 1) ? lineEnd + 1 + DATA_HEAD.length : -1;
}

/** Reads events of any lines. @returns where the first one begins that is not complete */
function readBlocks(text: string, from: number, events: MessageEvent[]): number {
  const blank = new RegExp(BLANK_LINE, "g");
  let at = from;
  for (;;) {
    // Empty lines between events, and the LF of a CR LF whose CR ended the last one.
    while (text.charCodeAt(at) === LF || text.charCodeAt(at) === CR) at += 1;
    blank.lastIndex = at;
    const end = blank.exec(text)?.index;
    if (end === undefined) return at;
    const event = readBlock(text.slice(at, end));
    if (event !== undefined) events.push(event);
    at = end + 2;
  }
}

/** One event; `undefined` when the lines hold no data, such as comments. */
function readBlock(block: string): MessageEvent | undefined {
  let type = "";
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
    if (field === "event") type = value;
    if (field === "data") data.push(value);
  }
  const json = data.join("\n");
  if (type !== "") return data.length === 0 ? undefined : new MessageEvent(type, json);
  // Some providers end a stream as OpenAI does.
  return json === "" || json === "[DONE]" ? undefined : MessageEvent.of(json);
}
