/** An error for the client, in OpenAI's terms. */
export interface TranslatedError {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

const CONTEXT_TOO_LONG = /prompt is too long|exceed context limit|input is too long/i;
/** Bedrock: a model id that needs an inference profile, or none that it knows. */
const WRONG_MODEL_ID = /on-demand throughput isn.t supported|model identifier is invalid/i;
const ACCOUNT_LIMIT = /reached your specified .*usage limits/i;

/**
 * An error status of the provider → what the client gets. Troubles between the gateway and the provider
 * (credentials, account, a model that is gone) are never shown as the client's own, and their text stays here:
 * it may name accounts. The provider's text is passed on only where the client can act on it.
 */
export function translateUpstreamError(status: number, message: string): TranslatedError {
  const text = message.slice(0, 1000);
  if (status === 401)
    return upstreamFault("upstream_auth", "The provider refused the gateway's credentials.");
  if (status === 403) return upstreamFault("upstream_permission", "The provider refused the gateway access.");
  if (status === 404)
    return upstreamFault("upstream_not_found", "The provider does not know the configured model.");
  if (status === 402)
    return {
      status: 503,
      type: "insufficient_quota",
      code: "upstream_account",
      message: "The provider's account is not able to pay.",
    };
  if (status === 400 && ACCOUNT_LIMIT.test(text)) {
    return {
      status: 503,
      type: "insufficient_quota",
      code: "upstream_account",
      message: "The provider's account reached its limit.",
    };
  }
  if (status === 400 && WRONG_MODEL_ID.test(text))
    return upstreamFault("deployment_misconfigured", "The provider does not serve the configured model id.");
  if (status === 400 && CONTEXT_TOO_LONG.test(text)) return invalid("context_length_exceeded", text);
  if (status === 413) return invalid("request_too_large", "The request is larger than the provider accepts.");
  if (status === 429) {
    return {
      status: 429,
      type: "rate_limit_error",
      code: "rate_limit_exceeded",
      message: "The provider's rate limit is reached.",
    };
  }
  if (status === 408 || status === 504) {
    return { status: 504, type: "timeout", code: "upstream_timeout", message: "The provider took too long." };
  }
  if (status === 400 || status === 422) return invalid("400", text);
  if (status === 409) return { ...invalid("409", text), status: 409 };
  if (status >= 500) {
    return {
      status: 503,
      type: "server_error",
      code: "overloaded",
      message: "The provider is overloaded or failing.",
    };
  }
  return upstreamFault("upstream_error", `The provider answered with the unexpected status ${status}.`);
}

/** The type of an `error` event inside a stream → what the client gets. */
export function translateStreamFailure(type: string, message: string): TranslatedError {
  return translateUpstreamError(STATUS_OF_TYPE[type] ?? 502, message);
}

const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  timeout_error: 504,
  overloaded_error: 529,
};

function upstreamFault(code: string, message: string): TranslatedError {
  return { status: 502, type: "upstream_error", code, message };
}

function invalid(code: string, message: string): TranslatedError {
  return { status: 400, type: "invalid_request_error", code, message };
}
