import { isList, isObject } from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import { membersOf } from "../../json/provider-value";
import { byteLengthOf, isText } from "../../json/text";
import { visitBlocks } from "./content-blocks";
import type { MessagesRequest } from "./request";

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
type IterationUsage = Pick<
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
interface UsageJudgement {
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

/** Both together: what several attempts of a request used. Each has its own cost, so iterations are not kept apart. */
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
    iterations: [],
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

/**
 * Bytes of UTF-8 a token, at least, for prompts and answers that nobody counts: English and code have about 4, Chinese and Japanese
 * about 3. Dividing by 3 errs to the provider's side, by a third at most for English.
 */
export const BILLED_BYTES_PER_TOKEN = 3;
/** Tokens of an image in the size to which providers scale large ones. */
const IMAGE_TOKENS = 1600;
/** Tokens of one page of a PDF, text and picture. */
const PAGE_TOKENS = 3000;
/** Bytes of base64 that stand for one page. */
const BYTES_PER_PAGE = 100_000;
/** Tokens of what a provider tells the model of tools, for each kind of them: from 346 to 735 are known. */
const TOOL_KIND_TOKENS = 750;
/** Blocks within blocks are tool results and documents: no deeper than this. */
const MAX_DEPTH = 4;

/** Media of a request: what they weigh, and what they count for. */
interface Media {
  bytes: number;
  tokens: number;
}

/**
 * How many input tokens a request has, for want of a provider that counts and of a public tokenizer for its models: a third of its bytes, 1,600 tokens for each
 * image, 3,000 for each 100 kB of a PDF, and 750 for each kind of tools. Too high for English, by a third at most; for fitting into a context that is
 * the safe side.
 * @param bytes of the body as it would be sent
 */
export function estimateInput({ messages, system, tools }: MessagesRequest, bytes: number): number {
  const media: Media = { bytes: 0, tokens: 0 };
  addMedia(system, media);
  for (const { content } of messages) addMedia(content, media);
  const text = Math.max(1, Math.ceil((bytes - media.bytes) / BILLED_BYTES_PER_TOKEN));
  return text + media.tokens + TOOL_KIND_TOKENS * kindsOf(tools);
}

/** Tools of the client's own are one kind, whatever their number. */
function kindsOf(tools: JsonValue | undefined): number {
  if (!isList(tools)) return 0;
  return new Set(tools.map((tool) => (isObject(tool) ? tool["type"] : undefined) ?? "custom")).size;
}

function addMedia(content: JsonValue | undefined, media: Media): void {
  visitBlocks(content, (block) => addBlockMedia(block, media), [], MAX_DEPTH);
}

function addBlockMedia({ type, source }: JsonObject, media: Media): void {
  const { type: kind, data } = isObject(source) ? source : NO_SOURCE;
  const size = kind !== "text" && isText(data) ? byteLengthOf(data) : 0;
  media.bytes += size;
  if (type === "image") media.tokens += IMAGE_TOKENS;
  else if (type === "document" && kind !== "text" && kind !== "content")
    media.tokens += PAGE_TOKENS * Math.max(1, Math.ceil(size / BYTES_PER_PAGE));
}

const NO_SOURCE: JsonObject = {};
