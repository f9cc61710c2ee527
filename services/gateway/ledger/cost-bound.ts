import { computeCostNanoUsd, type TokenPrices } from "../pricing/cost";

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
  /** Bytes of the serialised body; no tokeniser makes more than one token of a byte. */
  readonly bytes: number;
  readonly turns: number;
  readonly maxTokens: number;
}

/**
 * Upper bounds, whatever the provider does with the prompt: every byte a token, at the dearest input price.
 * With several deployments the dearest counts, because any of them may answer.
 */
export function boundCost(size: RequestSize, prices: readonly TokenPrices[]): CostBounds {
  const bound = (outputTokens: number) =>
    Math.max(...prices.map((price) => costOf(size, Math.min(outputTokens, size.maxTokens), price)));
  return {
    fullNano: bound(size.maxTokens),
    ampleNano: bound(AMPLE_OUTPUT_TOKENS),
    leastNano: bound(LEAST_OUTPUT_TOKENS),
  };
}

/** The longest answer that `amountNano` pays for in any case, in tokens; at most what was asked for. */
export function affordableTokens(
  size: RequestSize,
  prices: readonly TokenPrices[],
  amountNano: number,
): number {
  const longest = prices.map(dearestTier).map((price) => {
    if (price.outputPicoUsd === 0) return size.maxTokens;
    const left = BigInt(amountNano - costOf(size, 0, price)) * 1000n;
    return Number(left / BigInt(price.outputPicoUsd));
  });
  return Math.max(0, Math.min(size.maxTokens, ...longest));
}

function costOf(size: RequestSize, outputTokens: number, listed: TokenPrices): number {
  const prices = dearestTier(listed);
  // An hour in the cache costs more still, but nothing that is sent asks for it.
  const dearest = Math.max(prices.inputPicoUsd, prices.cacheReadPicoUsd, prices.cacheWritePicoUsd);
  const counts = {
    inputTokens: size.bytes + FRAME_TOKENS + size.turns * TOKENS_PER_TURN,
    outputTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
  return computeCostNanoUsd(counts, { ...prices, inputPicoUsd: dearest });
}

/** Which tier applies depends on a count that is not known yet; the long one never costs less. */
function dearestTier(listed: TokenPrices): TokenPrices {
  let tier = listed;
  while (tier.longPrompt !== undefined) tier = tier.longPrompt.prices;
  return tier;
}
