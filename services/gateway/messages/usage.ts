import { membersOf } from "./members";

/** Counters of an answer, in tokens. `inputTokens` leaves out what was read from or written to the cache. */
export interface TokenUsage {
  readonly inputTokens: number;
  /** Thinking included. */
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  /** For 5 minutes and for an hour together. */
  readonly cacheWriteTokens: number;
  /** The part of `cacheWriteTokens` that is kept for an hour, which costs more. */
  readonly cacheWrite1hTokens: number;
  /** The part of `outputTokens` that was thinking; 0 when the provider does not say. */
  readonly thinkingTokens: number;
  /** Searches of the web that the provider made, billed one by one. */
  readonly webSearches: number;
  /** Whether the answer had to be made in the US, which some models charge more for. */
  readonly isUsOnly: boolean;
  /**
   * Answers that the request had the model make one after the other, where the provider tells them apart. Each is billed; the
   * counters above are never less than their sum.
   */
  readonly iterations: readonly IterationUsage[];
}

/** Counters of one of several answers of a request, in tokens. */
export type IterationUsage = Pick<
  TokenUsage,
  "inputTokens" | "outputTokens" | "cacheReadTokens" | "cacheWriteTokens" | "cacheWrite1hTokens"
>;

/** Before anything was reported. */
export const NO_USAGE: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  thinkingTokens: 0,
  webSearches: 0,
  isUsOnly: false,
  iterations: [],
};

/**
 * Takes over what an event reports in Anthropic's `usage`. Counters are cumulative: the largest stands, so that a later
 * zero takes nothing back that was billed. Anything but a whole number of tokens is no report (`judgeUsage`).
 */
export function mergeUsage(known: TokenUsage, reported: unknown): TokenUsage {
  const counters = membersOf(reported);
  const writes = membersOf(counters["cache_creation"]);
  const details = membersOf(counters["output_tokens_details"]);
  const write5m = readCount(writes["ephemeral_5m_input_tokens"]);
  const write1h = readCount(writes["ephemeral_1h_input_tokens"]);
  const geo = counters["inference_geo"];
  const { web_search_requests: searches } = membersOf(counters["server_tool_use"]);
  return withIterations({
    inputTokens: larger(known.inputTokens, counters["input_tokens"]),
    outputTokens: larger(known.outputTokens, counters["output_tokens"]),
    cacheReadTokens: larger(known.cacheReadTokens, counters["cache_read_input_tokens"]),
    cacheWriteTokens: Math.max(
      larger(known.cacheWriteTokens, counters["cache_creation_input_tokens"]),
      (write5m ?? 0) + (write1h ?? 0),
    ),
    cacheWrite1hTokens: Math.max(known.cacheWrite1hTokens, write1h ?? 0),
    thinkingTokens: larger(known.thinkingTokens, details["thinking_tokens"]),
    webSearches: larger(known.webSearches, searches),
    isUsOnly: typeof geo === "string" ? geo === "us" : known.isUsOnly,
    iterations: readIterations(counters["iterations"]) ?? known.iterations,
  });
}

/** What of a report can be believed. */
export interface UsageJudgement {
  /** Whether it counts the prompt. There is none without a token, so zero is no count. */
  readonly hasPrompt: boolean;
  /** Whether something stands where a count of the prompt belongs and is none. */
  readonly isPromptDoubtful: boolean;
  /** The count of the answer. `undefined`: there is none; `null`: what stands there is none. */
  readonly outputTokens: number | null | undefined;
}

/** Judges what an event reports in Anthropic's `usage`. */
export function judgeUsage(reported: unknown): UsageJudgement {
  const counters = membersOf(reported);
  const counts = PROMPT_COUNTERS.map((name) => judgeCount(counters[name]));
  return {
    hasPrompt: counts.some((count) => count != null && count > 0),
    isPromptDoubtful: counts.includes(null),
    outputTokens: judgeCount(counters["output_tokens"]),
  };
}

const PROMPT_COUNTERS = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"] as const;

function judgeCount(value: unknown): number | null | undefined {
  return value == null ? undefined : (readCount(value) ?? null);
}

/** Both together: what several attempts of a request used. What that cost is added up by attempt, at the prices of each. */
export function addUsage(left: TokenUsage, right: TokenUsage): TokenUsage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    cacheWrite1hTokens: left.cacheWrite1hTokens + right.cacheWrite1hTokens,
    thinkingTokens: left.thinkingTokens + right.thinkingTokens,
    webSearches: left.webSearches + right.webSearches,
    isUsOnly: left.isUsOnly || right.isUsOnly,
    iterations: [...left.iterations, ...right.iterations],
  };
}

/** No request has more; what is beyond is left out of the sum. */
const MAX_ITERATIONS = 1000;

function readIterations(reported: unknown): readonly IterationUsage[] | undefined {
  if (!Array.isArray(reported) || reported.length === 0) return undefined;
  return reported.slice(0, MAX_ITERATIONS).map((iteration) => mergeUsage(NO_USAGE, leaf(iteration)));
}

/** An iteration has none of its own. */
function leaf(iteration: unknown): unknown {
  return { ...membersOf(iteration), iterations: null };
}

/** Anthropic leaves the summaries of a conversation, and others, out of the counters of the whole. */
function withIterations(usage: TokenUsage): TokenUsage {
  if (usage.iterations.length === 0) return usage;
  const summed = { ...usage };
  for (const name of COUNTERS) {
    const total = usage.iterations.reduce((sum, iteration) => sum + iteration[name], 0);
    summed[name] = Math.max(usage[name], Math.min(total, MAX_COUNT));
  }
  return summed;
}

const COUNTERS = [
  "inputTokens",
  "outputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "cacheWrite1hTokens",
] as const satisfies readonly (keyof IterationUsage)[];

/** No model reads or writes this much in one request. */
const MAX_COUNT = 1_000_000_000;

function readCount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_COUNT
    ? value
    : undefined;
}

function larger(known: number, reported: unknown): number {
  return Math.max(known, readCount(reported) ?? 0);
}
