import type { GatewayError } from "../../errors";
import { toByteJson } from "../../messages/byte-text";
import { toChatError } from "../chat-completions/error-body";

/** What the client can do something about; Codex shortens the conversation. Sent by OpenAI, though not documented. */
const TOO_LONG = "context_length_exceeded";

/** The error of a `response` object. Its codes are few: they follow from the status that the error would have had. */
export function toResponseError(error: GatewayError): { readonly code: string; readonly message: string } {
  const { message } = toChatError(error).error;
  if (error.code === TOO_LONG) return { code: TOO_LONG, message };
  if (error.status === 429) return { code: "rate_limit_exceeded", message };
  return { code: error.status >= 400 && error.status < 500 ? "invalid_prompt" : "server_error", message };
}

/**
 * Members of an `error` event as JSON without braces. The API documents them flat and sends them nested; clients read
 * the one or the other.
 */
export function errorMembers(error: GatewayError): string {
  const { error: nested } = toChatError(error);
  const { code, message, param } = nested;
  return toByteJson({ code, message, param, error: nested }).slice(1, -1);
}
