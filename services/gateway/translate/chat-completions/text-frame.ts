/** What stands around a piece of text in an event, made once for many pieces. */
export class TextFrame {
  constructor(
    readonly head: string,
    readonly tail: string,
  ) {}

  /** @param escaped text of a JSON string, with one character for each byte of UTF-8 */
  around(escaped: string): string {
    return this.head + escaped + this.tail;
  }
}
