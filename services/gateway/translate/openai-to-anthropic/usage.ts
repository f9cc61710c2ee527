import type { TokenUsage } from "./anthropic-types";
import type { ChatUsage } from "./openai-types";

/** Before anything was reported. */
export const NO_USAGE: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
};

/**
 * Takes over what an event reports. Counters are cumulative: the last one that is not null stands, also when
 * it is smaller or larger than before. Anything but a whole number of tokens is no report.
 */
export function mergeUsage(known: TokenUsage, reported: unknown): TokenUsage {
  if (typeof reported !== "object" || reported === null) return known;
  const usage = reported as Record<string, unknown>;
  const output = (usage["output_tokens_details"] ?? {}) as Record<string, unknown>;
  const writes = (usage["cache_creation"] ?? {}) as Record<string, unknown>;
  return {
    inputTokens: readCount(usage["input_tokens"]) ?? known.inputTokens,
    outputTokens: readCount(usage["output_tokens"]) ?? known.outputTokens,
    reasoningTokens: readCount(output["thinking_tokens"]) ?? known.reasoningTokens,
    cacheReadTokens: readCount(usage["cache_read_input_tokens"]) ?? known.cacheReadTokens,
    cacheWriteTokens: readCount(usage["cache_creation_input_tokens"]) ?? known.cacheWriteTokens,
    cacheWrite1hTokens: readCount(writes["ephemeral_1h_input_tokens"]) ?? known.cacheWrite1hTokens,
  };
}

/** Counters in OpenAI's shape, with Anthropic's cache counters beside them, where clients look for them. */
export function translateUsage(usage: TokenUsage): ChatUsage {
  const promptTokens = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: promptTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_creation_tokens: usage.cacheWriteTokens,
    },
    cache_creation_input_tokens: usage.cacheWriteTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
  };
}

/** No model reads or writes this much in one request. */
const MAX_COUNT = 1_000_000_000;

function readCount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_COUNT
    ? value
    : undefined;
}
