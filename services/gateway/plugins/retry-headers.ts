import type { FastifyReply } from "fastify";
import type { GatewayError } from "../errors";
import { shouldRetry } from "../errors/should-retry";

/** A 429 always says when; Bedrock gives no time, and some refusals of Anthropic's have none. In seconds. */
const DEFAULT_RATE_LIMIT_SECONDS = 5;

/** `retry-after` and `x-should-retry` of an error, in place of those of an earlier one. */
export function setRetryHeaders(reply: FastifyReply, error: GatewayError): void {
  const seconds = error.retryAfterSeconds ?? (error.status === 429 ? DEFAULT_RATE_LIMIT_SECONDS : undefined);
  set(reply, "retry-after", seconds);
  set(reply, "x-should-retry", shouldRetry(error));
}

function set(reply: FastifyReply, name: string, value: number | boolean | undefined): void {
  if (value === undefined) reply.removeHeader(name);
  else reply.header(name, String(value));
}
