/**
 * A value as JSON, one character for each byte of UTF-8: what a stream is put together from.
 * @param value anything that JSON can say; `undefined` members are left out
 */
export function encodeJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("latin1");
}

/** The inside of a JSON string, without its quotes. */
export function encodeText(text: string): string {
  return encodeJson(text).slice(1, -1);
}
