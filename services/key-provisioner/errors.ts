/** A refusal or failure in the words that the caller gets. */
export class ProvisionerError extends Error {
  override readonly name = "ProvisionerError";
  /** When the same request may be of use again, in seconds; `undefined`: nobody knows. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly status: number,
    /** For programs, such as `coder_unreachable`. */
    readonly code: string,
    message: string,
    options: ErrorOptions & { readonly retryAfterSeconds?: number } = {},
  ) {
    super(message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** As OpenAI's error bodies name the kind of an error. */
  get type(): string {
    if (this.status === 401 || this.status === 403) return "auth_error";
    if (this.status === 429) return "rate_limit_error";
    return this.status >= 500 ? "server_error" : "invalid_request_error";
  }
}

/** Something that the key-provisioner depends on cannot be used at present. */
export function unavailable(code: string, message: string, cause?: unknown): ProvisionerError {
  return new ProvisionerError(503, code, message, { retryAfterSeconds: 5, cause });
}
