import { toScaledInteger } from "../../../shared/nano-usd";

/** Prices of a deployment, in pico-USD (10⁻¹² USD) a token: cache prices go below a nano-USD a token. */
export interface TokenPrices {
  readonly inputPicoUsd: number;
  readonly outputPicoUsd: number;
  readonly cacheReadPicoUsd: number;
  /** Kept for 5 minutes. */
  readonly cacheWritePicoUsd: number;
  /** Kept for an hour. @default - the same as for 5 minutes */
  readonly cacheWrite1hPicoUsd?: number;
  /** What one search of the web by the provider costs, in nano-USD. @default 10,000,000: Anthropic's 10 USD a thousand */
  readonly webSearchNanoUsd?: number;
  /** What an answer costs that has to be made in the US, in percent of the other prices. @default 100 */
  readonly usPercent?: number;
  /** Other prices for the whole request when its prompt, cache included, is longer. @default - the same */
  readonly longPrompt?: { readonly aboveTokens: number; readonly prices: TokenPrices };
}

/** Counters of an answer, in tokens. */
export interface AnswerTokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  /** For 5 minutes and for an hour together. */
  readonly cacheWriteTokens: number;
  /** The part of `cacheWriteTokens` that is kept for an hour. @default 0 */
  readonly cacheWrite1hTokens?: number;
}

/** What one request is billed for. Its counters are those of all its answers together. */
export interface BilledTokens extends AnswerTokens {
  /** Each of its answers, where there are several: which tier a prompt falls into is decided for each. @default - one */
  readonly iterations?: readonly AnswerTokens[];
  /** @default 0 */
  readonly webSearches?: number;
  /** @default false */
  readonly isUsOnly?: boolean;
}

/** Of one search of the web. Source: Anthropic's prices, 10 USD a thousand. */
export const WEB_SEARCH_NANO_USD = 10_000_000;

const PICO_PER_NANO = 1000n;

/** USD a token → pico-USD a token, exactly. @returns `undefined` when negative or finer than a pico-USD */
export function readTokenPrice(usdPerToken: number | string): number | undefined {
  return toScaledInteger(usdPerToken, 12);
}

/**
 * What a request costs, in nano-USD, rounded up once. Never more than a number can hold exactly: what a provider reports must not
 * make a row that cannot be stored.
 */
export function computeCostNanoUsd(tokens: BilledTokens, listed: TokenPrices): number {
  const answers = answersOf(tokens);
  let picoUsd = answers.reduce((sum, answer) => sum + costOfAnswer(answer, listed), 0n);
  if (tokens.isUsOnly === true) picoUsd = inPercent(picoUsd, listed.usPercent);
  picoUsd +=
    BigInt(tokens.webSearches ?? 0) * BigInt(listed.webSearchNanoUsd ?? WEB_SEARCH_NANO_USD) * PICO_PER_NANO;
  return Math.min(Number((picoUsd + PICO_PER_NANO - 1n) / PICO_PER_NANO), Number.MAX_SAFE_INTEGER);
}

/** The prices of an answer that has to be made in the US, rounded up. */
export function usOnlyPrices(prices: TokenPrices, percent: number | undefined): TokenPrices {
  if (percent === undefined || percent === 100) return prices;
  const raised = (picoUsd: number) => Number(inPercent(BigInt(picoUsd), percent));
  const { cacheWrite1hPicoUsd } = prices;
  return {
    ...prices,
    inputPicoUsd: raised(prices.inputPicoUsd),
    outputPicoUsd: raised(prices.outputPicoUsd),
    cacheReadPicoUsd: raised(prices.cacheReadPicoUsd),
    cacheWritePicoUsd: raised(prices.cacheWritePicoUsd),
    ...(cacheWrite1hPicoUsd === undefined ? {} : { cacheWrite1hPicoUsd: raised(cacheWrite1hPicoUsd) }),
  };
}

function inPercent(amount: bigint, percent = 100): bigint {
  return (amount * BigInt(percent) + 99n) / 100n;
}

/** Its answers, and what the counters of all have beyond them. */
function answersOf({ iterations = [], ...all }: BilledTokens): readonly AnswerTokens[] {
  if (iterations.length === 0) return [all];
  const sum = (count: (answer: AnswerTokens) => number) =>
    iterations.reduce((total, answer) => total + count(answer), 0);
  const rest = (count: (answer: AnswerTokens) => number) => Math.max(0, count(all) - sum(count));
  return [
    ...iterations,
    {
      inputTokens: rest((answer) => answer.inputTokens),
      outputTokens: rest((answer) => answer.outputTokens),
      cacheReadTokens: rest((answer) => answer.cacheReadTokens),
      cacheWriteTokens: rest((answer) => answer.cacheWriteTokens),
      cacheWrite1hTokens: rest((answer) => answer.cacheWrite1hTokens ?? 0),
    },
  ];
}

function costOfAnswer(tokens: AnswerTokens, listed: TokenPrices): bigint {
  const prices = pricesForPrompt(
    listed,
    tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens,
  );
  const write1hTokens = Math.min(tokens.cacheWrite1hTokens ?? 0, tokens.cacheWriteTokens);
  return (
    BigInt(tokens.inputTokens) * BigInt(prices.inputPicoUsd) +
    BigInt(tokens.outputTokens) * BigInt(prices.outputPicoUsd) +
    BigInt(tokens.cacheReadTokens) * BigInt(prices.cacheReadPicoUsd) +
    BigInt(tokens.cacheWriteTokens - write1hTokens) * BigInt(prices.cacheWritePicoUsd) +
    BigInt(write1hTokens) * BigInt(prices.cacheWrite1hPicoUsd ?? prices.cacheWritePicoUsd)
  );
}

/** The tier that a prompt of this length falls into. */
function pricesForPrompt(listed: TokenPrices, promptTokens: number): TokenPrices {
  let prices = listed;
  while (prices.longPrompt !== undefined && promptTokens > prices.longPrompt.aboveTokens) {
    prices = prices.longPrompt.prices;
  }
  return prices;
}
