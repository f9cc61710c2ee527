import { GatewayError } from "../errors";
import { endMessage, type MessageState } from "../translate/openai-to-anthropic/message-events";
import { translateStreamFailure } from "../translate/openai-to-anthropic/upstream-error";

/** What the client gets when the provider failed inside a stream, or the stream was cut off. */
export function toStreamFailure(message: MessageState): GatewayError {
  const failure = endMessage(message).failure ?? { type: "api_error", message: "" };
  const { status, type, code, message: text } = translateStreamFailure(failure.type, failure.message);
  return new GatewayError(status, type, text, { code });
}
