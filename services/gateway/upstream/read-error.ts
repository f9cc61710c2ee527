import type { Dispatcher } from "undici";
import { GatewayError } from "../errors";
import { translateUpstreamError } from "../translate/openai-to-anthropic/upstream-error";
import type { UpstreamBody } from "./read-events";

/** What is read of an error body, in bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

/** What a provider says about a failure, in Anthropic's statuses. */
export interface ReportedError {
  readonly status: number;
  /** `undefined`: nothing that can be read. */
  readonly message: string | undefined;
}

/**
 * An answer that is not 200, as an error for the client.
 * @param interpret status and body, where the body is JSON, in the provider's own shape
 */
export async function readError(
  response: Dispatcher.ResponseData,
  interpret: (body: Record<string, unknown>) => ReportedError,
): Promise<GatewayError> {
  const reported = interpret(await readErrorBody(response.body));
  const { status, type, code, message } = translateUpstreamError(
    reported.status,
    reported.message ?? "The provider refused the request.",
  );
  const retryAfter = Number(headerOf(response, "retry-after"));
  const isWorthRetrying = status === 429 || status === 503;
  const retryAfterSeconds = isWorthRetrying && retryAfter >= 0 ? Math.ceil(retryAfter) : undefined;
  return new GatewayError(status, type, message, { code, retryAfterSeconds });
}

/** The first value of a header. */
export function headerOf(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readErrorBody(body: UpstreamBody): Promise<Record<string, unknown>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ERROR_BYTES) break;
    }
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
