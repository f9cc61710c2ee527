import type { TokenPrices } from "../pricing/cost";
import { LONG_PROMPT_TIERS, type ModelEntry } from "./model-entry";

type ModelInfo = NonNullable<ModelEntry["model_info"]>;

/**
 * Prices of `model_info`, in LiteLLM's names. Cache prices left out follow Anthropic's rules: writes are 1.25
 * times the input price for 5 minutes and twice for an hour; reads count as plain input, which is never too low.
 * A tier takes what it does not say from the tier below.
 * @returns `undefined` when the entry names no price
 */
export function readPrices(info: ModelInfo | undefined): TokenPrices | undefined {
  if (info?.input_cost_per_token === undefined || info.output_cost_per_token === undefined) return undefined;
  const input = info.input_cost_per_token;
  const base: TokenPrices = {
    inputPicoUsd: input,
    outputPicoUsd: info.output_cost_per_token,
    cacheReadPicoUsd: info.cache_read_input_token_cost ?? input,
    cacheWritePicoUsd: info.cache_creation_input_token_cost ?? Math.ceil((input * 5) / 4),
    cacheWrite1hPicoUsd: info.cache_creation_input_token_cost_above_1hr ?? input * 2,
  };
  const tiers = LONG_PROMPT_TIERS.filter(({ suffix }) => info[`input_cost_per_token${suffix}`] !== undefined);
  return stack(base, tiers, info);
}

/** Prices of `model_info` for what is billed beside tokens; they hold with prices of a list, too. */
export function readExtraPrices(
  info: ModelInfo | undefined,
): Pick<TokenPrices, "webSearchNanoUsd" | "usPercent"> {
  const search = Object.values(info?.search_context_cost_per_query ?? {}).filter(
    (cost) => cost !== undefined,
  );
  const us = info?.provider_specific_entry?.us;
  return {
    // Which size a search had is not reported.
    ...(search.length === 0 ? {} : { webSearchNanoUsd: Math.max(...search) }),
    ...(us === undefined ? {} : { usPercent: Math.ceil(Number((us * 100).toFixed(6))) }),
  };
}

function stack(
  base: TokenPrices,
  [tier, ...higher]: readonly (typeof LONG_PROMPT_TIERS)[number][],
  info: ModelInfo,
): TokenPrices {
  if (tier === undefined) return base;
  const { suffix, aboveTokens } = tier;
  const input = info[`input_cost_per_token${suffix}`] ?? base.inputPicoUsd;
  /** Cache prices move with the input price. */
  const scaled = (price: number) =>
    base.inputPicoUsd === 0 ? price : Math.ceil((price * input) / base.inputPicoUsd);
  const prices: TokenPrices = {
    inputPicoUsd: input,
    outputPicoUsd: info[`output_cost_per_token${suffix}`] ?? base.outputPicoUsd,
    cacheReadPicoUsd: info[`cache_read_input_token_cost${suffix}`] ?? scaled(base.cacheReadPicoUsd),
    cacheWritePicoUsd: info[`cache_creation_input_token_cost${suffix}`] ?? scaled(base.cacheWritePicoUsd),
    cacheWrite1hPicoUsd:
      info[`cache_creation_input_token_cost_above_1hr${suffix}`] ??
      scaled(base.cacheWrite1hPicoUsd ?? base.cacheWritePicoUsd),
  };
  return { ...base, longPrompt: { aboveTokens, prices: stack(prices, higher, info) } };
}
