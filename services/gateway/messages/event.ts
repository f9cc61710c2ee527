import { fromByteText } from "./byte-text";
import { type DeltaText, readDelta } from "./delta";

/**
 * One event of an answer: Anthropic's stream events, whatever provider they came from. Most are passed on without being
 * read, so the JSON is parsed only when somebody asks.
 */
export class MessageEvent {
  #value: Readonly<Record<string, unknown>> | undefined;
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
  get value(): Readonly<Record<string, unknown>> {
    this.#value ??= parseObject(this.json);
    return this.#value;
  }
}

const TYPE_FIRST = /^\{"type":"([a-z_]+)"/;

function parseObject(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(fromByteText(json));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError("event is not an object");
  }
  return value as Readonly<Record<string, unknown>>;
}
