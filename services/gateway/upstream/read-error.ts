import { GatewayError } from "../errors";
import { type ReportedError, toUpstreamError } from "../translate/errors/upstream-error";

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** For an error without a text that can be read. */
export const NO_MESSAGE = "The provider refused the request.";

/** Seconds of `retry-after`; a date, or a number without sense, says nothing. */
const SECONDS = /^\d{1,7}(?:\.\d{1,9})?$/;

/** An answer that is not 200, as an error for the client. */
export function toReportedError(reported: ReportedError, headers: Headers): GatewayError {
  const given = headerOf(headers, "retry-after") ?? "";
  return toUpstreamError(reported, SECONDS.test(given) ? Math.ceil(Number(given)) : undefined);
}

/**
 * Whether a provider refused a request before any work, so that it bills nothing: it did not accept the request, or had no
 * room for it. Not when it ran out of time (408) or its model failed (424, 500): it may have read the prompt by then.
 */
export function isRefusal(status: number): boolean {
  return (
    (status >= 300 && status < 500 && status !== 408 && status !== 424) || status === 503 || status === 529
  );
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

/** Bytes that make no sense as an answer. @param reason what is wrong with them, for the log */
export function invalidAnswer(reason: string): GatewayError {
  return new GatewayError(502, "upstream_error", "The provider's answer cannot be understood.", {
    code: "upstream_invalid",
    reason,
  });
}
