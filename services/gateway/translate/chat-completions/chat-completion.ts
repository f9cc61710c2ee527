import type { FinishReason } from "./finish-reason";
import type { ThinkingBlock } from "./thinking-blocks";
import type { ChatUsage } from "./usage";

/** A whole answer of OpenAI's chat completions API. */
export interface ChatCompletion {
  readonly id: string;
  readonly object: "chat.completion";
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: 0;
    readonly message: ChatMessage;
    readonly logprobs: null;
    readonly finish_reason: FinishReason;
  }[];
  readonly usage: ChatUsage;
}

export interface ChatMessage {
  readonly role: "assistant";
  /** `null` when there is no text but a tool call or a refusal. */
  readonly content: string | null;
  readonly refusal: string | null;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly function_call?: { readonly name: string; readonly arguments: string };
  /** Thinking, where the provider shows it. */
  readonly reasoning_content?: string;
  readonly thinking_blocks?: readonly ThinkingBlock[];
}

export interface ChatToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}
