/**
 * One event of an answer: Anthropic's stream events, whatever provider they came from. Most are passed on without being
 * read, so the JSON is parsed only when somebody asks.
 */
export class MessageEvent {
  #value: Readonly<Record<string, unknown>> | undefined;

  constructor(
    /** `message_start`, `content_block_delta`, …; unknown ones too. */
    readonly type: string,
    /** The event's JSON as it came, one character for each byte of UTF-8. */
    readonly json: string,
  ) {}

  /** The event, read but not trusted. @throws SyntaxError when it is not a JSON object */
  get value(): Readonly<Record<string, unknown>> {
    this.#value ??= parseObject(this.json);
    return this.#value;
  }
}

function parseObject(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(Buffer.from(json, "latin1").toString("utf8"));
  if (typeof value !== "object" || value === null) throw new SyntaxError("event is not an object");
  return value as Readonly<Record<string, unknown>>;
}
