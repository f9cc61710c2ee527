import type { FastifyRequest } from "fastify";
import type { GatewayError } from "../errors";
import type { WireError } from "../generation/wire-api";
import { toMessagesError, toMessagesStatus } from "../translate/messages/error-body";

declare module "fastify" {
  interface FastifyContextConfig {
    /** How the route's wire API says an error. @default - as Anthropic's for its clients, otherwise as OpenAI's */
    toError?: (error: GatewayError, requestId: string) => WireError;
  }
}

/** Whether a client says that it speaks Anthropic's API, which all of its own do. */
export function speaksAnthropic({ headers }: Pick<FastifyRequest, "headers">): boolean {
  return headers["anthropic-version"] !== undefined;
}

/** An error as the caller understands it: in the words of the route's wire API, or of the caller's where the route has none. */
export function toWireError(error: GatewayError, request: FastifyRequest): WireError {
  const { toError } = request.routeOptions.config;
  if (toError !== undefined) return toError(error, request.id);
  return speaksAnthropic(request)
    ? { status: toMessagesStatus(error), body: toMessagesError(error, request.id) }
    : { status: error.status, body: error.toBody() };
}
