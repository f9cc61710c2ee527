/**
 * A JSON string of a request that nobody needs to read: the bytes that stand between its quotes, still escaped. Long texts
 * are passed on without being decoded, encoded or copied.
 */
export class RawText {
  /** @param bytes UTF-8 that holds the text from `start` to `end`, and does not change while the text is used */
  constructor(
    readonly bytes: Buffer,
    readonly start: number,
    readonly end: number,
  ) {}

  /** @param escaped what stands between the quotes, with one character for each byte of UTF-8 */
  static of(escaped: string): RawText {
    return new RawText(Buffer.from(escaped, "latin1"), 0, escaped.length);
  }

  get byteLength(): number {
    return this.end - this.start;
  }

  /** What stands between the quotes, with one character for each byte of UTF-8. A copy: of long texts for what must be read. */
  get escaped(): string {
    return this.bytes.toString("latin1", this.start, this.end);
  }

  /** A part of the text. @param start, end in bytes. @default end - the end */
  slice(start: number, end = this.byteLength): RawText {
    const last = Math.min(this.end, this.start + end);
    return new RawText(this.bytes, Math.min(this.start + start, last), last);
  }
}

/** A JSON number that would look different if it were read and written again, such as one of twenty digits. */
export class RawNumber {
  constructor(readonly text: string) {}
}

/** Text of a request: read, or passed on as it came. */
export type Text = string | RawText;

/** A JSON value of a request. */
export type JsonValue = null | boolean | number | RawNumber | Text | readonly JsonValue[] | JsonObject;

/** Members in their order; one that is `undefined` is not there. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/** A body that is not JSON. The message never repeats what the body says. */
export class JsonSyntaxError extends Error {
  override readonly name: string = "JsonSyntaxError";

  /** @param position the byte at which reading ended, counted from 0 */
  constructor(
    reason: string,
    readonly position: number,
  ) {
    super(`${reason} at byte ${position}`);
  }
}

/** A body that may be JSON, but more of it than is accepted. */
export class JsonLimitError extends JsonSyntaxError {
  override readonly name = "JsonLimitError";
}

/**
 * Values in one request, whatever their kind, those in texts that are JSON themselves included. The largest window there is, a
 * million tokens, holds about 125,000 of them when an agent fills it with the smallest calls of tools that are seen: 18 values and 150
 * tokens for a call and its result. Transcripts of 32 MiB have some ten thousands.
 */
export const MAX_VALUES = 150_000;

/** How many values may still be read. */
export class ValueAllowance {
  #used = 0;

  /** @param most values that may be read. @default - those of one request */
  constructor(readonly most = MAX_VALUES) {}

  /** Values that were read. */
  get used(): number {
    return this.#used;
  }

  get left(): number {
    return this.most - this.#used;
  }

  /** @param values that were read, at most one more than were left */
  use(values: number): void {
    this.#used += values;
  }

  /** Whether more values came than were allowed. */
  get isExceeded(): boolean {
    return this.#used > this.most;
  }
}
