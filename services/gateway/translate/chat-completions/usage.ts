import type { TokenUsage } from "../../messages/usage";

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
