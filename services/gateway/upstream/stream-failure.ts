import { GatewayError } from "../errors";
import { endProgress, type MessageProgress } from "../messages/progress";
import { translateStreamFailure } from "./translate-error";

/** What the client gets when the provider failed inside a stream, or the stream was cut off. */
export function toStreamFailure(progress: MessageProgress): GatewayError {
  const failure = endProgress(progress).failure ?? { type: "api_error", message: "" };
  const { status, type, code, message } = translateStreamFailure(failure.type, failure.message);
  return new GatewayError(status, type, message, { code });
}
