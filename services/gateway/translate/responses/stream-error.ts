import type { GatewayError } from "../../errors";
import { toByteJson } from "../../messages/byte-text";

/** The codes that a `response` object may have as its error, by the status that the error would have had. */
export function toResponseError({ status, message }: GatewayError): { code: string; message: string } {
  if (status === 429) return { code: "rate_limit_exceeded", message };
  return { code: status >= 400 && status < 500 ? "invalid_prompt" : "server_error", message };
}

/**
 * Members of an `error` event as JSON without braces. The API documents them flat and sends them nested; clients read
 * the one or the other.
 */
export function errorMembers({ code, message, param, type }: GatewayError): string {
  return toByteJson({ code, message, param, error: { type, code, message, param } }).slice(1, -1);
}
