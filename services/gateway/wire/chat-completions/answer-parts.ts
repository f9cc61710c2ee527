import { ByteTextBuilder, unescapeText } from "../internal/byte-text";
import type { TokenUsage } from "../internal/usage";
import type { AnswerIdentity } from "../shared/answer-stream";

/** What of a chat completions request its answer depends on. */
export interface ChatAnswerPlan {
  /** Whether the client asked for a last chunk with the usage (`stream_options.include_usage`). */
  readonly includeUsage: boolean;
  /** Tools whose names the upstream would refuse: the name that was sent → the client's. Others keep their name. */
  readonly renamedTools: ReadonlyMap<string, string>;
  /**
   * Name that was sent for the tool whose input is the answer (`response_format`): its input becomes `content`, and
   * the answer ends with `stop`. `undefined` when there is none. The model may also answer with text all the same.
   */
  readonly hiddenJsonTool: string | undefined;
  /** Whether the text was asked to be JSON in words alone: a fence around it is taken off. */
  readonly isJsonText: boolean;
  /** Whether tool calls are answered as `message.function_call`, which holds one call at most. */
  readonly isLegacyFunctionCall: boolean;
  /** What the answer cannot keep of the request, as short codes for a header, such as `tool_choice=auto`. */
  readonly degradations: readonly string[];
}

export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "function_call";

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  max_tokens: "length",
  model_context_window_exceeded: "length",
  refusal: "content_filter",
};

/** Which tools the model called. */
export interface CalledTools {
  /** Tools of the client. */
  readonly visible: number;
  /** Whether the tool was called whose input is the answer. */
  readonly hidden: boolean;
}

/**
 * `stop_reason` → `finish_reason`. What is new or unknown ended by itself: `stop`. So did an answer whose only call was
 * the hidden tool's.
 */
export function toFinishReason(
  stopReason: string | null,
  called: CalledTools,
  plan: Pick<ChatAnswerPlan, "isLegacyFunctionCall">,
): FinishReason {
  if (stopReason === "tool_use") {
    if (called.hidden && called.visible === 0) return "stop";
    return plan.isLegacyFunctionCall ? "function_call" : "tool_calls";
  }
  return (
    (stopReason !== null && Object.hasOwn(FINISH_REASONS, stopReason) && FINISH_REASONS[stopReason]) || "stop"
  );
}

/** Text of a refusal without a reason. */
const REFUSED = "The model refused to answer.";

/** What `refusal` says; `null` when the answer is no refusal. @param explanation the provider's */
export function refusalOf(finishReason: FinishReason, explanation: string | null): string | null {
  return finishReason === "content_filter" ? (explanation ?? REFUSED) : null;
}

/** Counters of OpenAI's chat completions, with Anthropic's cache counters beside them, where clients look for them. */
export interface ChatUsage {
  /** Everything that was read, from the cache or not, and what was written to it. */
  readonly prompt_tokens: number;
  /** Reasoning included. */
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly cache_creation_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

/** Anthropic counts what was not cached; OpenAI counts the whole prompt. */
export function toChatUsage(usage: TokenUsage): ChatUsage {
  const promptTokens = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: promptTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_creation_tokens: usage.cacheWriteTokens,
    },
    completion_tokens_details: { reasoning_tokens: usage.thinkingTokens },
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
  };
}

/** Thinking that the client can send back with the next turn, as LiteLLM has it. */
export type ThinkingBlock =
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string };

/**
 * Thinking blocks of a stream. Each is given out whole, when it ends: a signature is worth nothing without its text,
 * and clients that join `thinking_blocks` get it right without knowing how.
 */
export class ThinkingBlocks {
  /** By the index of the block. */
  readonly #open = new Map<number, { readonly text: ByteTextBuilder; signature: string }>();

  start(index: number, signature: unknown): void {
    const known = typeof signature === "string" ? signature : "";
    this.#open.set(index, { text: new ByteTextBuilder(), signature: known });
  }

  /** @param escaped as in `DeltaText` */
  add(index: number, escaped: string): void {
    this.#open.get(index)?.text.add(escaped);
  }

  sign(index: number, signature: unknown): void {
    const block = this.#open.get(index);
    if (block !== undefined && typeof signature === "string") block.signature = signature;
  }

  /** @returns `undefined` when the block is no thinking, or was not signed, so that nobody could send it back */
  stop(index: number): ThinkingBlock | undefined {
    const block = this.#open.get(index);
    this.#open.delete(index);
    if (block === undefined || block.signature === "") return undefined;
    return { type: "thinking", thinking: unescapeText(block.text.toString()), signature: block.signature };
  }
}

/** Id of a tool call. Clients break without one, so a call that came without gets one. @param index of the call */
export function toolCallId(id: unknown, index: number, identity: AnswerIdentity): string {
  return typeof id === "string" && id !== "" ? id : `call_${identity.id}_${index}`;
}
