import type { FastifyReply } from "fastify";
import type { GatewayError } from "../errors";
import { shouldRetry } from "../errors/should-retry";
import { setOptionalHeader } from "./optional-header";

/** A 429 always says when; Bedrock gives no time, and some refusals of Anthropic's have none. In seconds. */
const DEFAULT_RATE_LIMIT_SECONDS = 5;

/** `retry-after` and `x-should-retry` of an error, in place of those of an earlier one. */
export function setRetryHeaders(reply: FastifyReply, error: GatewayError): void {
  const seconds = error.retryAfterSeconds ?? (error.status === 429 ? DEFAULT_RATE_LIMIT_SECONDS : undefined);
  setOptionalHeader(reply, "retry-after", seconds?.toString());
  setOptionalHeader(reply, "x-should-retry", shouldRetry(error)?.toString());
}
