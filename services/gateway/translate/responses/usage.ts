import type { TokenUsage } from "../openai-to-anthropic/anthropic-types";

/** Counters in the shape of the Responses API. Input counts what was read from and written to the cache. */
export interface ResponseUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly reasoning_tokens: number };
  readonly total_tokens: number;
}

/** @param reasoningTokens the part of the output that the model spent on thinking */
export function toResponseUsage(usage: TokenUsage, reasoningTokens: number): ResponseUsage {
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: input + usage.outputTokens,
  };
}

/** Thinking tokens that an event reports, if it does. */
export function readReasoningTokens(usage: unknown): number | undefined {
  const details = (usage as { output_tokens_details?: { thinking_tokens?: unknown } } | null | undefined)
    ?.output_tokens_details;
  const count = details?.thinking_tokens;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}
