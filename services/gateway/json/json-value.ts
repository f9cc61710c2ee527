/**
 * A JSON string of a request that nobody needs to read: as it came, between its quotes and still escaped, with one
 * character for each byte of UTF-8. Long texts are passed on without being decoded and encoded again.
 */
export class RawText {
  constructor(readonly escaped: string) {}
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
