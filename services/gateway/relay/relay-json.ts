import type { AuditDraft } from "../audit/draft";
import {
  MESSAGE_NOT_STARTED,
  type MessageEvent,
  reduceMessage,
} from "../translate/openai-to-anthropic/message-events";
import type { ChatCompletion } from "../translate/openai-to-anthropic/openai-types";
import { type AnswerIdentity, translateResponse } from "../translate/openai-to-anthropic/response";
import { toStreamFailure } from "../upstream/stream-failure";

/**
 * Collects a streamed message into one answer. The row is committed by `audit` when the answer is sent.
 * @throws GatewayError when the provider fails on the way
 */
export async function relayJson(
  events: AsyncIterable<readonly MessageEvent[]>,
  identity: AnswerIdentity,
  audit: AuditDraft | undefined,
): Promise<ChatCompletion> {
  let state = MESSAGE_NOT_STARTED;
  const texts: string[] = [];
  try {
    for await (const batch of events) {
      for (const event of batch) {
        const [next, text] = reduceMessage(state, event);
        state = next;
        if (text === "") continue;
        audit?.recordFirstContent();
        texts.push(text);
      }
      if (state.phase === "done" || state.phase === "failed") break;
    }
  } finally {
    audit?.recordMessage(state);
  }
  if (state.phase !== "done") throw toStreamFailure(state);
  return translateResponse(state, texts.join(""), identity);
}
