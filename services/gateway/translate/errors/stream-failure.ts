import type { GatewayError } from "../../errors";
import { endProgress, type MessageProgress } from "../../messages/progress";
import { toUpstreamError } from "./upstream-error";

/** Anthropic's types of errors, which stand in a stream in place of a status. */
const STATUS_OF_TYPE: ReadonlyMap<string, number> = new Map([
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["conflict_error", 409],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
  ["timeout_error", 504],
  ["overloaded_error", 529],
]);

/**
 * What the client gets when the provider failed inside an answer, or the answer was cut off. Ends the progress.
 * @param progress of an answer that is not `done`
 */
export function toStreamFailure(progress: MessageProgress): GatewayError {
  const failure = endProgress(progress).failure ?? { type: "api_error", message: "" };
  const { type, message, errorCode } = failure;
  return toUpstreamError({ status: STATUS_OF_TYPE.get(type) ?? 502, message, errorCode });
}
