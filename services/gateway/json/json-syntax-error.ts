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
