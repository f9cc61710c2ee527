import type { Deployment } from "../routing/deployment";
import type { Secret } from "../secret";
import type { AnthropicRequest } from "../translate/openai-to-anthropic/anthropic-types";
import type { MessageEvent } from "../translate/openai-to-anthropic/message-events";
import { SseParser } from "../translate/sse";
import type { UpstreamClient } from "./client";
import { headerOf, type ReportedError, readError } from "./read-error";
import { destroyBody, type EventDecoder, invalidAnswer, parseEvent, readEvents } from "./read-events";

/** The version whose fields `translate/` writes; newer ones refuse some of them. */
export const ANTHROPIC_VERSION = "2023-06-01";

/** Sends a message to Anthropic's own API. @throws GatewayError for an error status, in the terms of the client */
export async function openAnthropicMessage(
  client: UpstreamClient,
  { baseUrl }: Deployment,
  apiKey: Secret,
  request: AnthropicRequest,
  signal: AbortSignal,
): Promise<AsyncGenerator<readonly MessageEvent[]>> {
  const response = await client.post({
    url: new URL(`${baseUrl}/v1/messages`),
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      "anthropic-version": ANTHROPIC_VERSION,
      "x-api-key": apiKey.expose(),
    },
    body: JSON.stringify(request),
    signal,
  });
  if (response.statusCode !== 200) {
    throw await readError(response, (body) => readAnthropicError(response.statusCode, body));
  }
  if (headerOf(response, "content-type")?.startsWith("text/event-stream") !== true) {
    destroyBody(response.body);
    throw invalidAnswer();
  }
  return readEvents(response.body, sseEvents(), signal);
}

/** Server-sent events, each with one event of the Messages API. */
export function sseEvents(): EventDecoder {
  const parser = new SseParser();
  return { push: (chunk) => parser.push(chunk).map(({ data }) => parseEvent(data)) };
}

/** `{"type":"error","error":{"type":…,"message":…}}` */
function readAnthropicError(status: number, body: Record<string, unknown>): ReportedError {
  const message = (body["error"] as { message?: unknown } | undefined)?.message;
  return { status, message: typeof message === "string" ? message : undefined };
}
