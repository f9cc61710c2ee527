import type { TokenPrices } from "./cost";

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
 * model is never priced as an older one with the same prefix.
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

/** USD a million tokens: input, output, cache read, cache write for 5 minutes, for an hour. */
type UsdPrices = readonly [
  input: number,
  output: number,
  cacheRead: number,
  cacheWrite: number,
  cacheWrite1h: number,
];

/** What a model costs from a day on. */
interface ListPrice {
  /** Anthropic's id without the date of a snapshot. */
  readonly model: string;
  /** First day of validity, UTC, such as `2026-10-07`. @default - ever */
  readonly from?: string;
  readonly usd: UsdPrices;
  /** Other prices for the whole request when its prompt, cache included, is longer than this many tokens. */
  readonly longPrompt?: { readonly aboveTokens: number; readonly usd: UsdPrices };
}

/**
 * List prices of Anthropic's API; of one model, the older ones first. A change of price is a new entry with its
 * day, so that what was spent before keeps its price. Source: Anthropic's pricing page, November 2026.
 */
const LIST_PRICES: readonly ListPrice[] = [
  { model: "claude-sonnet-4", usd: [3, 15, 0.3, 3.75, 6] },
  { model: "claude-sonnet-4-5", usd: [3, 15, 0.3, 3.75, 6] },
  { model: "claude-sonnet-4-6", usd: [3, 15, 0.3, 3.75, 6] },
  { model: "claude-sonnet-5", usd: [2, 10, 0.2, 2.5, 4] },
  { model: "claude-sonnet-5-5", usd: [2, 10, 0.2, 2.5, 4] },
  { model: "claude-sonnet-5-5", from: "2026-10-07", usd: [2, 10, 0.1, 2.5, 4] },
  { model: "claude-haiku-4-5", usd: [1, 5, 0.1, 1.25, 2] },
  {
    model: "claude-haiku-5-5",
    from: "2026-10-07",
    usd: [0.1, 0.5, 0.01, 0.125, 0.2],
    longPrompt: { aboveTokens: 100_000, usd: [0.5, 2.5, 0.05, 0.625, 1] },
  },
  { model: "claude-opus-4", usd: [15, 75, 1.5, 18.75, 30] },
  { model: "claude-opus-4-1", usd: [15, 75, 1.5, 18.75, 30] },
  { model: "claude-opus-4-5", usd: [5, 25, 0.5, 6.25, 10] },
  { model: "claude-opus-4-6", usd: [5, 25, 0.5, 6.25, 10] },
  { model: "claude-opus-4-7", usd: [5, 25, 0.5, 6.25, 10] },
  { model: "claude-opus-4-8", usd: [5, 25, 0.5, 6.25, 10] },
  { model: "claude-opus-5", usd: [5, 25, 0.5, 6.25, 10] },
  { model: "claude-opus-5-5", usd: [4, 20, 0.2, 5, 8] },
  { model: "claude-fable-5", usd: [10, 50, 1, 12.5, 20] },
  { model: "claude-mythos-5", usd: [10, 50, 1, 12.5, 20] },
  { model: "claude-fable-5-1", usd: [10, 50, 0.25, 12.5, 20] },
  { model: "claude-mythos-5-1", usd: [10, 50, 0.25, 12.5, 20] },
];
