import { computeCostNanoUsd, type TokenPrices, usOnlyPrices } from "../pricing/cost";

/**
 * Tokens that a provider may add to what is sent: its own framing of the message, of a system prompt and of each
 * turn. Source: Anthropic's counts of short requests, with a margin.
 */
const FRAME_TOKENS = 64;
const TOKENS_PER_TURN = 16;

/** An answer of this size is ample for most turns of an agent, in tokens. */
const AMPLE_OUTPUT_TOKENS = 4096;
/** A shorter answer than this is of no use, in tokens. */
const LEAST_OUTPUT_TOKENS = 256;

/** What a request can cost at most, for three lengths of its answer. In nano-USD. */
export interface CostBounds {
  /** With the `max_tokens` it asked for. */
  readonly fullNano: number;
  /** With an ample answer: accepted when other requests hold the rest. */
  readonly ampleNano: number;
  /** With the least answer: accepted when the budget has no more than that. */
  readonly leastNano: number;
}

/** A request as it will be sent. */
export interface RequestSize {
  /** Bytes of the serialised body without images and documents; no tokeniser makes more than one token of a byte. */
  readonly bytes: number;
  readonly turns: number;
  readonly maxTokens: number;
  /** Shortest answer that the request can be cut to, in tokens. @default 256 */
  readonly leastTokens?: number;
  /** Whether it asks for an hour in the cache, which costs more. @default false */
  readonly hasLongCache?: boolean;
  /** Tokens at most of all that is no text, see `billed-items.ts`. @default 0 */
  readonly addedTokens?: number;
  /** Whether it may be answered anywhere, for the plain price. @default false: it may be that it has to stay in the US */
  readonly isGlobal?: boolean;
}

/**
 * Upper bounds, whatever the provider does with the prompt: every byte a token, at the dearest input price.
 * With several deployments the dearest counts, because any of them may answer.
 */
export function boundCost(size: RequestSize, prices: readonly TokenPrices[]): CostBounds {
  const bound = (outputTokens: number) =>
    Math.max(...prices.map((price) => costOf(size, Math.min(outputTokens, size.maxTokens), price)));
  const least = size.leastTokens ?? LEAST_OUTPUT_TOKENS;
  return {
    fullNano: bound(size.maxTokens),
    ampleNano: bound(Math.max(AMPLE_OUTPUT_TOKENS, least)),
    leastNano: bound(least),
  };
}

/** The longest answer that `amountNano` pays for in any case, in tokens; at most what was asked for. */
export function affordableTokens(
  size: RequestSize,
  prices: readonly TokenPrices[],
  amountNano: number,
): number {
  const longest = prices.map((price) => {
    const { outputPicoUsd } = dearestPrices(size, price);
    if (outputPicoUsd === 0) return size.maxTokens;
    const left = BigInt(amountNano - costOf(size, 0, price)) * 1000n;
    return Number(left / BigInt(outputPicoUsd));
  });
  return Math.max(0, Math.min(size.maxTokens, ...longest));
}

function costOf(size: RequestSize, outputTokens: number, listed: TokenPrices): number {
  const prices = dearestPrices(size, listed);
  const longCache = size.hasLongCache === true ? (prices.cacheWrite1hPicoUsd ?? 0) : 0;
  const dearest = Math.max(prices.inputPicoUsd, prices.cacheReadPicoUsd, prices.cacheWritePicoUsd, longCache);
  const counts = {
    inputTokens: size.bytes + FRAME_TOKENS + size.turns * TOKENS_PER_TURN + (size.addedTokens ?? 0),
    outputTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
  return computeCostNanoUsd(counts, { ...prices, inputPicoUsd: dearest });
}

/** Which tier applies depends on a count that is not known yet; the long one never costs less. So with the region. */
function dearestPrices({ isGlobal }: RequestSize, listed: TokenPrices): TokenPrices {
  let tier = listed;
  while (tier.longPrompt !== undefined) tier = tier.longPrompt.prices;
  return isGlobal === true ? tier : usOnlyPrices(tier, listed.usPercent);
}
