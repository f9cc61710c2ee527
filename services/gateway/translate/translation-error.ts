/** A request that cannot be said in the other API without losing something. */
export class TranslationError extends Error {
  override readonly name = "TranslationError";

  /** @param param path of the field, such as `messages.0.content.1` */
  constructor(
    readonly param: string,
    message: string,
  ) {
    super(message);
  }
}

/** For what the API knows and this translation does not do. */
export function notSupported(param: string, remedy: string): TranslationError {
  return new TranslationError(param, `${param} is not supported by this gateway; ${remedy}`);
}
