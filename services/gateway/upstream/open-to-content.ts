import type { Deployment } from "../routing/deployment";
import type { AnthropicRequest } from "../translate/openai-to-anthropic/anthropic-types";
import { hasContent } from "../translate/openai-to-anthropic/has-content";
import {
  MESSAGE_NOT_STARTED,
  type MessageEvent,
  type MessageState,
  reduceMessage,
} from "../translate/openai-to-anthropic/message-events";
import type { UpstreamClient } from "./client";
import { openMessage } from "./open-message";
import { toStreamFailure } from "./stream-failure";

/** Events of an answer, in the groups in which they arrived. Leaving early gives the connection up. */
export interface MessageEvents extends AsyncIterableIterator<readonly MessageEvent[]> {
  return(): Promise<IteratorResult<readonly MessageEvent[]>>;
}

/**
 * Sends a message and waits for the first content, or for the end of a message without any.
 * @param onFailedMessage gets what was reported before a failure
 * @returns all events, those already read included
 * @throws GatewayError for everything that goes wrong before the first content
 */
export async function openToContent(
  client: UpstreamClient,
  deployment: Deployment,
  request: AnthropicRequest,
  signal: AbortSignal,
  onFailedMessage: (message: MessageState) => void,
): Promise<MessageEvents> {
  const events = await openMessage(client, deployment, request, signal);
  const held: (readonly MessageEvent[])[] = [];
  let state = MESSAGE_NOT_STARTED;
  try {
    for (;;) {
      const read = await events.next();
      if (read.done) throw toStreamFailure(state);
      held.push(read.value);
      for (const event of read.value) {
        [state] = reduceMessage(state, event);
        if (state.phase === "failed") throw toStreamFailure(state);
        if (state.phase === "done" || hasContent(event)) return replay(held, events);
      }
    }
  } catch (error) {
    onFailedMessage(state);
    await events.return(undefined);
    throw error;
  }
}

/** No generator: once the held events are out, each read goes to the provider without a step in between. */
function replay(
  held: readonly (readonly MessageEvent[])[],
  rest: AsyncGenerator<readonly MessageEvent[]>,
): MessageEvents {
  const waiting = [...held];
  const events: MessageEvents = {
    async next() {
      const value = waiting.shift();
      if (value === undefined) {
        events.next = () => rest.next();
        return rest.next();
      }
      return { done: false, value };
    },
    return: () => rest.return(undefined),
    [Symbol.asyncIterator]: () => events,
  };
  return events;
}
