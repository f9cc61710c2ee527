import type { GatewayError } from "../../errors";

/** An error of Anthropic's Messages API. */
export interface MessagesErrorBody {
  readonly type: "error";
  readonly error: {
    readonly type: string;
    readonly message: string;
    /** What a program can tell errors of one type apart by. Only there when there is more to say than the type. */
    readonly details?: Readonly<Record<string, unknown>>;
  };
  /** What the caller quotes when it reports the error. */
  readonly request_id: string;
}

const TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  408: "timeout_error",
  409: "conflict_error",
  413: "request_too_large",
  415: "invalid_request_error",
  422: "invalid_request_error",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** Codes of a 503 that say that there is not enough capacity, which Anthropic's API says with 529. */
const CAPACITY_CODES = new Set(["overloaded", "gateway_overloaded", "model_overloaded", "no_deployment"]);

/**
 * The status with which Anthropic's API would answer: 529 for want of capacity, 413 for a request that is too large (clients
 * of OpenAI's APIs get a 400 for it), otherwise the error's own.
 */
export function toMessagesStatus({ status, code }: GatewayError): number {
  if (code === "request_too_large") return 413;
  return status === 503 && CAPACITY_CODES.has(code) ? 529 : status;
}

/** An error in the form of Anthropic's Messages API. Goes with the status of `toMessagesStatus`. */
export function toMessagesError(error: GatewayError, requestId: string): MessagesErrorBody {
  const details = detailsOf(error);
  return {
    type: "error",
    error: {
      type: TYPES[toMessagesStatus(error)] ?? "api_error",
      message: error.message,
      ...(Object.keys(details).length === 0 ? {} : { details }),
    },
    request_id: requestId,
  };
}

function detailsOf({ code, status, param, fields }: GatewayError): Readonly<Record<string, unknown>> {
  return {
    ...(code === String(status) ? {} : { error_code: code }),
    ...(param === null ? {} : { param }),
    ...fields,
  };
}
