import { MESSAGE_NOT_STARTED, type MessageEvent, type MessageState, reduceMessage } from "./message-events";
import type { ChatCompletionChunk } from "./openai-types";
import type { AnswerIdentity } from "./response";
import { mapStopReason } from "./stop-reason";
import { translateUsage } from "./usage";

/** A stream in the middle of its translation. */
export interface StreamState {
  readonly message: MessageState;
  /** Whether the first chunk, which names the role, was given out. */
  readonly hasRole: boolean;
  readonly identity: AnswerIdentity;
  /** Whether the client asked for a last chunk with the usage. */
  readonly includeUsage: boolean;
}

/** A stream before its first event. */
export function beginStream(identity: AnswerIdentity, includeUsage: boolean): StreamState {
  return { message: MESSAGE_NOT_STARTED, hasRole: false, identity, includeUsage };
}

/**
 * One event later: the new state and the chunks that the client gets for it. No chunk is given out before the
 * first content, so that until then the answer can still become an error with a status of its own. The chunks
 * of a state whose message is `done` are the last ones.
 */
export function reduceStream(
  state: StreamState,
  event: MessageEvent,
): readonly [StreamState, readonly ChatCompletionChunk[]] {
  const [message, text] = reduceMessage(state.message, event);
  const isEnd = message.phase === "done" && state.message.phase !== "done";
  if (text === "" && !isEnd) return [{ ...state, message }, []];
  const chunks: ChatCompletionChunk[] = [];
  if (!state.hasRole) chunks.push(chunk(state, { role: "assistant", content: "" }));
  if (text !== "") chunks.push(chunk(state, { content: text }));
  if (isEnd) chunks.push(...lastChunks(state, message));
  return [{ ...state, message, hasRole: true }, chunks];
}

function lastChunks(state: StreamState, message: MessageState): ChatCompletionChunk[] {
  const finishReason = mapStopReason(message.stopReason);
  const refusal =
    finishReason === "content_filter" ? { refusal: message.refusal ?? "The model refused to answer." } : {};
  const last = chunk(state, refusal, finishReason);
  if (!state.includeUsage) return [last];
  return [last, { ...last, choices: [], usage: translateUsage(message.usage) }];
}

function chunk(
  { identity, includeUsage }: StreamState,
  delta: ChatCompletionChunk["choices"][number]["delta"],
  finishReason: ChatCompletionChunk["choices"][number]["finish_reason"] = null,
): ChatCompletionChunk {
  return {
    id: identity.id,
    object: "chat.completion.chunk",
    created: identity.created,
    model: identity.model,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...(includeUsage ? { usage: null } : {}),
  };
}
