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
