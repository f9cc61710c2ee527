import { GatewayError } from "../errors";
import { translateUpstreamError } from "./translate-error";
import type { ReportedError } from "./upstream-call";

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** An answer that is not 200, as an error for the client. */
export function toReportedError({ status, message }: ReportedError, headers: Headers): GatewayError {
  const translated = translateUpstreamError(status, message ?? "The provider refused the request.");
  const retryAfter = Number(headerOf(headers, "retry-after"));
  const isWorthRetrying = translated.status === 429 || translated.status === 503;
  const retryAfterSeconds = isWorthRetrying && retryAfter >= 0 ? Math.ceil(retryAfter) : undefined;
  const { type, code } = translated;
  return new GatewayError(translated.status, type, translated.message, { code, retryAfterSeconds });
}

/** The first value of a header. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** A JSON object, `{}` for everything else. */
export function readErrorBody(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Bytes that make no sense as an answer. */
export function invalidAnswer(): GatewayError {
  return new GatewayError(502, "upstream_error", "The provider's answer cannot be understood.", {
    code: "upstream_invalid",
  });
}
