import type { Dispatcher } from "undici";
import { GatewayError } from "../errors";
import type { Deployment } from "../routing/deployment";
import type { AnthropicRequest } from "../translate/openai-to-anthropic/anthropic-types";
import type { MessageEvent } from "../translate/openai-to-anthropic/message-events";
import { translateUpstreamError } from "../translate/openai-to-anthropic/upstream-error";
import { SseParser } from "../translate/sse";
import { toUpstreamFailure, type UpstreamClient } from "./client";

/** The version whose fields `translate/` writes; newer ones refuse some of them. */
const ANTHROPIC_VERSION = "2023-06-01";
/** What is read of an error body, in bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Reads after the end of a message until its connection is given up. */
const MAX_TRAILING_READS = 16;

/** An answer that has begun. */
export interface OpenMessage {
  /** The provider's own id of the request, for its support. */
  readonly upstreamRequestId: string | undefined;
  /** Events in the groups in which they arrived. Ends with the message; throws GatewayError. */
  readonly events: AsyncGenerator<readonly MessageEvent[]>;
}

/**
 * Sends a message and waits for the head of the answer.
 * @throws GatewayError for an error status, in the terms of the client
 */
export async function openMessage(
  client: UpstreamClient,
  deployment: Deployment,
  request: AnthropicRequest,
  signal: AbortSignal,
): Promise<OpenMessage> {
  const response = await client.post({
    url: new URL(`${deployment.baseUrl}/v1/messages`),
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      "anthropic-version": ANTHROPIC_VERSION,
      "x-api-key": deployment.apiKey.expose(),
    },
    body: JSON.stringify(request),
    signal,
  });
  if (response.statusCode !== 200) throw await readError(response);
  if (!String(response.headers["content-type"]).startsWith("text/event-stream")) {
    destroy(response.body);
    throw invalidAnswer();
  }
  return {
    upstreamRequestId: firstOf(response.headers["request-id"]),
    events: readEvents(response.body, signal),
  };
}

async function* readEvents(
  body: Dispatcher.ResponseData["body"],
  signal: AbortSignal,
): AsyncGenerator<readonly MessageEvent[]> {
  const parser = new SseParser();
  // Not `for await`: leaving that destroys the connection, which can be used again.
  const reads: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  let isComplete = false;
  try {
    while (!isComplete) {
      const read = await reads.next();
      if (read.done) return;
      const events = parser.push(read.value).map(({ data }) => parseEvent(data));
      isComplete = events.some((event) => event.type === "message_stop");
      if (events.length > 0) yield events;
    }
  } catch (error) {
    throw isProtocolError(error) ? invalidAnswer() : toUpstreamFailure(error, signal);
  } finally {
    if (isComplete) void readTrailer(body, reads);
    else destroy(body);
  }
}

/** Reads to the end of the body, so that its connection can be used again; gives up when that is not near. */
async function readTrailer(
  body: Dispatcher.ResponseData["body"],
  reads: AsyncIterator<Uint8Array>,
): Promise<void> {
  try {
    for (let count = 0; count < MAX_TRAILING_READS; count += 1) if ((await reads.next()).done) return;
  } catch {
    // The message is complete; how its connection ends is of no interest.
  }
  destroy(body);
}

function parseEvent(data: string): MessageEvent {
  const event: unknown = JSON.parse(data);
  if (typeof event !== "object" || event === null) throw new SyntaxError("event is not an object");
  return event as MessageEvent;
}

function isProtocolError(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && error.name === "SseTooLargeError");
}

async function readError(response: Dispatcher.ResponseData): Promise<GatewayError> {
  const { status, type, code, message } = translateUpstreamError(
    response.statusCode,
    await readErrorText(response.body),
  );
  const retryAfter = Number(firstOf(response.headers["retry-after"]));
  const retryAfterSeconds =
    status === 429 || status === 503 ? (retryAfter >= 0 ? Math.ceil(retryAfter) : undefined) : undefined;
  return new GatewayError(status, type, message, { code, retryAfterSeconds });
}

async function readErrorText(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ERROR_BYTES) break;
    }
    const parsed = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { error?: { message?: unknown } };
    return String(parsed.error?.message ?? "The provider refused the request.");
  } catch {
    return "The provider refused the request.";
  }
}

function invalidAnswer(): GatewayError {
  return new GatewayError(502, "upstream_error", "The provider's answer cannot be understood.", {
    code: "upstream_invalid",
  });
}

function destroy(body: Dispatcher.ResponseData["body"]): void {
  body.on("error", () => {});
  body.destroy();
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
