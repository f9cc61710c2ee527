/** An error in the shape of the Anthropic API. */
export class AnthropicError extends Error {
  override readonly name = "AnthropicError";

  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
  ) {
    super(message);
  }

  toBody(requestId: string) {
    return { type: "error", error: { type: this.type, message: this.message }, request_id: requestId };
  }
}

export const missingKey = () =>
  new AnthropicError(401, "authentication_error", "x-api-key header is required");

export const invalid = (message: string) => new AnthropicError(400, "invalid_request_error", message);

export const notFound = (message: string) => new AnthropicError(404, "not_found_error", message);
