import { toScaledInteger } from "./scaled-integer";

/** Prices of a deployment, in pico-USD (10⁻¹² USD) a token: cache prices go below a nano-USD a token. */
export interface TokenPrices {
  readonly inputPicoUsd: number;
  readonly outputPicoUsd: number;
  readonly cacheReadPicoUsd: number;
  readonly cacheWritePicoUsd: number;
  /** Other prices for the whole request when its prompt, cache included, is longer. @default - the same */
  readonly longPrompt?: { readonly aboveTokens: number; readonly prices: TokenPrices };
}

/** Counters of one request, in tokens. */
export interface BilledTokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

const PICO_PER_NANO = 1000n;

/** USD a token → pico-USD a token, exactly. @returns `undefined` when negative or finer than a pico-USD */
export function readTokenPrice(usdPerToken: number | string): number | undefined {
  return toScaledInteger(usdPerToken, 12);
}

/** What a request costs, in nano-USD, rounded up once. */
export function computeCostNanoUsd(tokens: BilledTokens, listed: TokenPrices): number {
  const prompt = tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens;
  const { longPrompt } = listed;
  const prices = longPrompt !== undefined && prompt > longPrompt.aboveTokens ? longPrompt.prices : listed;
  const picoUsd =
    BigInt(tokens.inputTokens) * BigInt(prices.inputPicoUsd) +
    BigInt(tokens.outputTokens) * BigInt(prices.outputPicoUsd) +
    BigInt(tokens.cacheReadTokens) * BigInt(prices.cacheReadPicoUsd) +
    BigInt(tokens.cacheWriteTokens) * BigInt(prices.cacheWritePicoUsd);
  return Number((picoUsd + PICO_PER_NANO - 1n) / PICO_PER_NANO);
}
