import { type Members, parseMembers } from "../../json/provider-value";
import { fromByteText } from "./byte-text";

/**
 * One event of an answer: Anthropic's stream events, whatever provider they came from. Most are passed on without being
 * read, so the JSON is parsed only when somebody asks.
 */
export class MessageEvent {
  #value: Members | undefined;
  /** `null` when it is known that there is none. */
  #delta: DeltaText | null | undefined;

  constructor(
    /** `message_start`, `content_block_delta`, …; unknown ones too. */
    readonly type: string,
    /** The event's JSON as it came, one character for each byte of UTF-8. */
    readonly json: string,
  ) {}

  /** An event that says nothing of its type but in its JSON. @throws SyntaxError when it is not a JSON object */
  static of(json: string): MessageEvent {
    const type = TYPE_FIRST.exec(json)?.[1];
    if (type !== undefined) return new MessageEvent(type, json);
    const event = new MessageEvent("", json);
    const { type: named } = event.value;
    return new MessageEvent(typeof named === "string" ? named : "", json);
  }

  /** The piece of text, thinking or tool input that the event carries, if it can be had without parsing. */
  get delta(): DeltaText | undefined {
    if (this.#delta === undefined) {
      this.#delta = (this.type === "content_block_delta" ? readDelta(this.json) : undefined) ?? null;
    }
    return this.#delta ?? undefined;
  }

  /** The event, read but not trusted. @throws SyntaxError when it is not a JSON object */
  get value(): Members {
    this.#value ??= parseMembers(fromByteText(this.json));
    return this.#value;
  }
}

const TYPE_FIRST = /^\{"type":"([a-z_]+)"/;

/**
 * A piece of an answer as nearly all events carry one, taken out without parsing: the text is still escaped, with one
 * character for each byte of UTF-8, exactly as `JSON.stringify` would escape it.
 */
export interface DeltaText {
  /** Text of the answer, the JSON of a tool's input, or thinking. */
  readonly kind: "text" | "input" | "thinking";
  /** Of the content block. */
  readonly index: number;
  readonly escaped: string;
}

/** Text of a JSON string with no escapes but those that `JSON.stringify` writes; `\u` is one for few characters only. */
const TEXT = String.raw`([^"\\\x00-\x1f]*(?:\\["\\bfnrt][^"\\\x00-\x1f]*)*)`;
const DELTA_SHAPES = [
  `text_delta","text":"${TEXT}`,
  `input_json_delta","partial_json":"${TEXT}`,
  `thinking_delta","thinking":"${TEXT}`,
];
/** Anthropic pads events with spaces before the last brackets, to hide the length of the text. */
const DELTA_EVENT = new RegExp(
  `^{"type":"content_block_delta","index":(\\d{1,6}),"delta":{"type":"(?:${DELTA_SHAPES.join("|")})" *} *} *$`,
);

/** A longer event is parsed: the expression above would need too much of the stack. */
const MAX_DELTA_EVENT_LENGTH = 64 * 1024;

/**
 * Reads a `content_block_delta` of the shape in which providers write it: members in their order, no white space but
 * the padding, escapes as `JSON.stringify` writes them. One regular expression is faster than comparing and searching.
 * It is ours because a JSON parser would decode each of thousands of pieces that are passed on as they are.
 * @param json one character for each byte of UTF-8
 * @returns `undefined` for everything else, which must be parsed
 */
export function readDelta(json: string): DeltaText | undefined {
  if (json.length > MAX_DELTA_EVENT_LENGTH) return undefined;
  const match = DELTA_EVENT.exec(json);
  if (match === null) return undefined;
  const [, index, text, input, thinking] = match;
  if (text !== undefined) return { kind: "text", index: Number(index), escaped: text };
  if (input !== undefined) return { kind: "input", index: Number(index), escaped: input };
  return { kind: "thinking", index: Number(index), escaped: thinking as string };
}
