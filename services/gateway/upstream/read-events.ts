import type { Dispatcher } from "undici";
import { GatewayError } from "../errors";
import type { MessageEvent } from "../translate/openai-to-anthropic/message-events";
import { toUpstreamFailure } from "./client";

/** Reads after the end of a message until its connection is given up. */
const MAX_TRAILING_READS = 16;

/** The body of an answer. */
export type UpstreamBody = Dispatcher.ResponseData["body"];

/** How a provider puts events into bytes. */
export interface EventDecoder {
  /** @throws GatewayError for a failure that the provider reports, any other error for bytes without sense */
  push(chunk: Uint8Array): readonly MessageEvent[];
}

/**
 * Body → events, in the groups in which they arrived. Ends with the message, so that its connection can be used
 * again, or with the body; leaving early gives the connection up.
 * @throws GatewayError
 */
export async function* readEvents(
  body: UpstreamBody,
  decoder: EventDecoder,
  signal: AbortSignal,
): AsyncGenerator<readonly MessageEvent[]> {
  // Not `for await`: leaving that destroys the connection, which can be used again.
  const reads: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  let isComplete = false;
  try {
    while (!isComplete) {
      const chunk = await nextOf(reads, signal);
      if (chunk === undefined) return;
      const events = decode(decoder, chunk);
      isComplete = events.some((event) => event.type === "message_stop");
      if (events.length > 0) yield events;
    }
  } finally {
    if (isComplete) void readTrailer(body, reads);
    else destroyBody(body);
  }
}

async function nextOf(
  reads: AsyncIterator<Uint8Array>,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const read = await reads.next();
    return read.done ? undefined : read.value;
  } catch (error) {
    throw toUpstreamFailure(error, signal);
  }
}

function decode(decoder: EventDecoder, chunk: Uint8Array): readonly MessageEvent[] {
  try {
    return decoder.push(chunk);
  } catch (error) {
    throw error instanceof GatewayError ? error : invalidAnswer();
  }
}

/** Reads to the end of the body, so that its connection can be used again; gives up when that is not near. */
async function readTrailer(body: UpstreamBody, reads: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    for (let count = 0; count < MAX_TRAILING_READS; count += 1) if ((await reads.next()).done) return;
  } catch {
    // The message is complete; how its connection ends is of no interest.
  }
  destroyBody(body);
}

/** JSON text of one event. @throws SyntaxError */
export function parseEvent(json: string): MessageEvent {
  const event: unknown = JSON.parse(json);
  if (typeof event !== "object" || event === null) throw new SyntaxError("event is not an object");
  return event as MessageEvent;
}

export function invalidAnswer(): GatewayError {
  return new GatewayError(502, "upstream_error", "The provider's answer cannot be understood.", {
    code: "upstream_invalid",
  });
}

/** Gives the connection up. */
export function destroyBody(body: UpstreamBody): void {
  body.on("error", () => {});
  body.destroy();
}
