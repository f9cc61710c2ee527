import { toScaledInteger } from "./scaled-integer";

/** Prices of a deployment, in pico-USD (10⁻¹² USD) a token: cache prices go below a nano-USD a token. */
export interface TokenPrices {
  readonly inputPicoUsd: number;
  readonly outputPicoUsd: number;
  readonly cacheReadPicoUsd: number;
  /** Kept for 5 minutes. */
  readonly cacheWritePicoUsd: number;
  /** Kept for an hour. @default - the same as for 5 minutes */
  readonly cacheWrite1hPicoUsd?: number;
  /** Other prices for the whole request when its prompt, cache included, is longer. @default - the same */
  readonly longPrompt?: { readonly aboveTokens: number; readonly prices: TokenPrices };
}

/** Counters of one request, in tokens. */
export interface BilledTokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  /** For 5 minutes and for an hour together. */
  readonly cacheWriteTokens: number;
  /** The part of `cacheWriteTokens` that is kept for an hour. @default 0 */
  readonly cacheWrite1hTokens?: number;
}

const PICO_PER_NANO = 1000n;

/** USD a token → pico-USD a token, exactly. @returns `undefined` when negative or finer than a pico-USD */
export function readTokenPrice(usdPerToken: number | string): number | undefined {
  return toScaledInteger(usdPerToken, 12);
}

/** What a request costs, in nano-USD, rounded up once. */
export function computeCostNanoUsd(tokens: BilledTokens, listed: TokenPrices): number {
  const prices = pricesForPrompt(
    listed,
    tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens,
  );
  const write1hTokens = Math.min(tokens.cacheWrite1hTokens ?? 0, tokens.cacheWriteTokens);
  const picoUsd =
    BigInt(tokens.inputTokens) * BigInt(prices.inputPicoUsd) +
    BigInt(tokens.outputTokens) * BigInt(prices.outputPicoUsd) +
    BigInt(tokens.cacheReadTokens) * BigInt(prices.cacheReadPicoUsd) +
    BigInt(tokens.cacheWriteTokens - write1hTokens) * BigInt(prices.cacheWritePicoUsd) +
    BigInt(write1hTokens) * BigInt(prices.cacheWrite1hPicoUsd ?? prices.cacheWritePicoUsd);
  return Number((picoUsd + PICO_PER_NANO - 1n) / PICO_PER_NANO);
}

/** The tier that a prompt of this length falls into. */
function pricesForPrompt(listed: TokenPrices, promptTokens: number): TokenPrices {
  let prices = listed;
  while (prices.longPrompt !== undefined && promptTokens > prices.longPrompt.aboveTokens) {
    prices = prices.longPrompt.prices;
  }
  return prices;
}
