import type { MessageState } from "./message-events";
import type { ChatCompletion } from "./openai-types";
import { mapStopReason } from "./stop-reason";
import { translateUsage } from "./usage";

/** What of an answer the gateway decides. */
export interface AnswerIdentity {
  /** `chatcmpl-…`, the gateway's own. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** The name the client asked for, not the provider's. */
  readonly model: string;
}

/** A finished message and its text → chat completion. */
export function translateResponse(
  state: MessageState,
  text: string,
  identity: AnswerIdentity,
): ChatCompletion {
  const finishReason = mapStopReason(state.stopReason);
  return {
    id: identity.id,
    object: "chat.completion",
    created: identity.created,
    model: identity.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text,
          refusal:
            finishReason === "content_filter" ? (state.refusal ?? "The model refused to answer.") : null,
        },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage: translateUsage(state.usage),
  };
}
