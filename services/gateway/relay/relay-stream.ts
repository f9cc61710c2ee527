import type { FastifyReply, FastifyRequest } from "fastify";
import { toGatewayError } from "../to-gateway-error";
import type { MessageEvent } from "../translate/openai-to-anthropic/message-events";
import type { AnswerIdentity } from "../translate/openai-to-anthropic/response";
import { beginStream, reduceStream, type StreamState } from "../translate/openai-to-anthropic/stream";
import { encodeSseData, SSE_DONE, SSE_KEEP_ALIVE } from "../translate/sse";
import { toStreamFailure } from "../upstream/stream-failure";
import { SseResponse } from "./sse-response";

/** The client's side of a streamed answer. */
export interface StreamTarget {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Aborted when the client is gone or the gateway must stop. */
  readonly signal: AbortSignal;
  readonly includeUsage: boolean;
}

/**
 * Passes a message on as it comes. The last events, `[DONE]` among them, wait for the audit row. A failure
 * before the first content becomes a status; later it is an `error` event without `[DONE]`, so that nobody
 * takes a piece of an answer for the whole.
 * @throws GatewayError for a failure before the first content
 */
export async function relayStream(
  events: AsyncIterable<readonly MessageEvent[]>,
  identity: AnswerIdentity,
  { request, reply, signal, includeUsage }: StreamTarget,
): Promise<void> {
  const response = new SseResponse(reply);
  const { audit } = request;
  let state: StreamState = beginStream(identity, includeUsage);
  try {
    let last = "";
    for await (const batch of events) {
      const step = takeBatch(state, batch, response.hasBegun);
      state = step.state;
      last = step.last;
      if (step.text !== "") {
        audit?.recordFirstContent();
        await response.write(step.text);
      } else if (step.isAlive) {
        await response.write(SSE_KEEP_ALIVE);
      }
      signal.throwIfAborted();
      if (state.message.phase === "done" || state.message.phase === "failed") break;
    }
    audit?.recordMessage(state.message);
    if (state.message.phase !== "done") throw toStreamFailure(state.message);
    await audit?.commit(200);
    response.end(last + SSE_DONE);
  } catch (error) {
    audit?.recordMessage(state.message);
    const failure = toGatewayError(error, request.id);
    if (failure.status === 500) request.log.error({ err: error }, "stream failed");
    if (!response.hasBegun) throw failure;
    audit?.recordError(failure);
    await audit?.commit(failure.status).catch((late) => request.log.warn({ err: late }, "audit row late"));
    response.end(encodeSseData(failure.toBody()));
  }
}

interface BatchStep {
  readonly state: StreamState;
  /** What goes out at once. */
  readonly text: string;
  /** What waits for the audit row. */
  readonly last: string;
  /** Whether the provider only said that it is still there, on a stream that has begun. */
  readonly isAlive: boolean;
}

/** All events of one read become one write. */
function takeBatch(before: StreamState, batch: readonly MessageEvent[], hasBegun: boolean): BatchStep {
  let state = before;
  let text = "";
  let last = "";
  let isAlive = false;
  for (const event of batch) {
    const [next, chunks] = reduceStream(state, event);
    const encoded = chunks.map(encodeSseData).join("");
    if (next.message.phase === "done") last += encoded;
    else text += encoded;
    if (hasBegun && event.type === "ping") isAlive = true;
    state = next;
  }
  return { state, text, last, isAlive };
}
