/** A body that is not JSON, or more of it than is accepted. The message never repeats what the body says. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";

  /** @param position the byte at which reading ended, counted from 0 */
  constructor(
    reason: string,
    readonly position: number,
  ) {
    super(`${reason} at byte ${position}`);
  }
}
