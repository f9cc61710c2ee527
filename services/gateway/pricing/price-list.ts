import type { TokenPrices } from "./cost";
import { LIST_PRICES, type ListPrice, type UsdPrices } from "./list-prices";

/** `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `anthropic.claude-opus-5` */
const BEDROCK_ID = /^(?:([a-z-]+)\.)?anthropic\.(claude-.+?)(?:-v\d+(?::\d+)?)?$/;

/** Anthropic's models before 4.6, which cannot be asked to stay in the US. */
const WITHOUT_GEO: ReadonlySet<string> = new Set([
  "claude-sonnet-4",
  "claude-sonnet-4-5",
  "claude-haiku-4-5",
  "claude-opus-4",
  "claude-opus-4-1",
  "claude-opus-4-5",
]);
const US_PERCENT = 110;

/** Cost the same in every region, being older than the premium. */
const WITHOUT_PREMIUM: ReadonlySet<string> = new Set(["claude-opus-4", "claude-opus-4-1", "claude-sonnet-4"]);

/**
 * The list price of a model at a moment. Only whole names match, with or without the date of a snapshot: a new
 * model is never taken for an older one whose name begins the same.
 * @param upstreamModel Anthropic's id, or Bedrock's, where all but `global.` profiles cost a tenth more
 * @param atMs milliseconds since 1970
 * @returns `undefined` when the model is not in the list
 */
export function findListPrices(upstreamModel: string, atMs: number): TokenPrices | undefined {
  const bedrock = BEDROCK_ID.exec(upstreamModel);
  const model = withoutDate(bedrock?.[2] ?? upstreamModel);
  const entry = LIST_PRICES.findLast((listed) => listed.model === model && validFrom(listed) <= atMs);
  if (entry === undefined) return undefined;
  const percent = bedrock === null || bedrock[1] === "global" || WITHOUT_PREMIUM.has(model) ? 100 : 110;
  const prices = toPrices(entry.usd, percent);
  if (entry.longPrompt === undefined) return prices;
  const { aboveTokens, usd } = entry.longPrompt;
  return { ...prices, longPrompt: { aboveTokens, prices: toPrices(usd, percent) } };
}

/**
 * What Anthropic's own API asks for an answer that has to be made in the US; nothing for a model that cannot be asked for
 * that. One that nobody knows counts as one that can.
 */
export function usPriceOf(upstreamModel: string): Pick<TokenPrices, "usPercent"> {
  return WITHOUT_GEO.has(withoutDate(upstreamModel)) ? {} : { usPercent: US_PERCENT };
}

/** When the list says something else for the first time after `afterMs`; `undefined` for never. */
export function nextPriceChange(afterMs: number): number | undefined {
  const coming = LIST_PRICES.map(validFrom).filter((fromMs) => fromMs > afterMs);
  return coming.length === 0 ? undefined : Math.min(...coming);
}

function withoutDate(model: string): string {
  return model.replace(/-\d{8}$/, "");
}

function validFrom({ from }: ListPrice): number {
  return Date.parse(from ?? "1970-01-01");
}

/** 1 USD a million tokens is 10⁶ pico-USD a token; no price of the list has more than 4 decimal places. */
function toPrices(
  [input, output, cacheRead, cacheWrite, cacheWrite1h]: UsdPrices,
  percent: number,
): TokenPrices {
  const pico = (usd: number) => Math.round(usd * 10_000) * percent;
  return {
    inputPicoUsd: pico(input),
    outputPicoUsd: pico(output),
    cacheReadPicoUsd: pico(cacheRead),
    cacheWritePicoUsd: pico(cacheWrite),
    cacheWrite1hPicoUsd: pico(cacheWrite1h),
  };
}
