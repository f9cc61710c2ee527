import type { TokenPrices } from "./cost";

/** USD a million tokens: input, output, cache read, cache write (5 minutes). */
type Usd = readonly [input: number, output: number, cacheRead: number, cacheWrite: number];

interface ListEntry {
  readonly model: string;
  /** First day of validity, UTC; `undefined`: ever. */
  readonly from?: string;
  readonly usd: Usd;
  /** Other prices for the whole request when its prompt, cache included, is longer than this many tokens. */
  readonly longPrompt?: { readonly aboveTokens: number; readonly usd: Usd };
}

/**
 * List prices of Anthropic's API. A change of price is a new entry with its day, so that what was spent before keeps
 * its price. `model_info` in `config.yaml` goes before this list. Source: Anthropic's pricing page, November 2026.
 */
const PRICE_LIST: readonly ListEntry[] = [
  { model: "claude-sonnet-4", usd: [3, 15, 0.3, 3.75] },
  { model: "claude-sonnet-4-5", usd: [3, 15, 0.3, 3.75] },
  { model: "claude-sonnet-4-6", usd: [3, 15, 0.3, 3.75] },
  { model: "claude-sonnet-5", usd: [2, 10, 0.2, 2.5] },
  { model: "claude-sonnet-5-5", usd: [2, 10, 0.2, 2.5] },
  { model: "claude-sonnet-5-5", from: "2026-10-07", usd: [2, 10, 0.1, 2.5] },
  { model: "claude-haiku-4-5", usd: [1, 5, 0.1, 1.25] },
  {
    model: "claude-haiku-5-5",
    from: "2026-10-07",
    usd: [0.1, 0.5, 0.01, 0.125],
    longPrompt: { aboveTokens: 100_000, usd: [0.5, 2.5, 0.05, 0.625] },
  },
  { model: "claude-opus-4", usd: [15, 75, 1.5, 18.75] },
  { model: "claude-opus-4-1", usd: [15, 75, 1.5, 18.75] },
  { model: "claude-opus-4-5", usd: [5, 25, 0.5, 6.25] },
  { model: "claude-opus-4-6", usd: [5, 25, 0.5, 6.25] },
  { model: "claude-opus-4-7", usd: [5, 25, 0.5, 6.25] },
  { model: "claude-opus-4-8", usd: [5, 25, 0.5, 6.25] },
  { model: "claude-opus-5", usd: [5, 25, 0.5, 6.25] },
  { model: "claude-opus-5-5", usd: [4, 20, 0.2, 5] },
  { model: "claude-fable-5", usd: [10, 50, 1, 12.5] },
  { model: "claude-mythos-5", usd: [10, 50, 1, 12.5] },
  { model: "claude-fable-5-1", usd: [10, 50, 0.25, 12.5] },
  { model: "claude-mythos-5-1", usd: [10, 50, 0.25, 12.5] },
];

/** `us.anthropic.claude-sonnet-4-5-20250929-v1:0` */
const BEDROCK_ID = /^(?:([a-z-]+)\.)?anthropic\.(claude-.+)-v\d+(?::\d+)?$/;

/**
 * The list price of a model at a moment. Only whole names match, with or without the date of a snapshot: a new model
 * is never taken for an older one whose name begins the same.
 * @param upstreamModel Anthropic's id, or Bedrock's, where all but `global.` profiles cost a tenth more
 * @returns `undefined` when the model is not in the list
 */
export function findListPrices(upstreamModel: string, atMs: number): TokenPrices | undefined {
  const bedrock = BEDROCK_ID.exec(upstreamModel);
  const model = (bedrock?.[2] ?? upstreamModel).replace(/-\d{8}$/, "");
  const entry = PRICE_LIST.findLast(
    (candidate) => candidate.model === model && Date.parse(candidate.from ?? "1970-01-01") <= atMs,
  );
  if (entry === undefined) return undefined;
  const percent = bedrock === null || bedrock[1] === "global" ? 100 : 110;
  const { usd, longPrompt } = entry;
  if (longPrompt === undefined) return toPrices(usd, percent);
  const { aboveTokens } = longPrompt;
  return {
    ...toPrices(usd, percent),
    longPrompt: { aboveTokens, prices: toPrices(longPrompt.usd, percent) },
  };
}

/** 1 USD a million tokens is 10⁶ pico-USD a token; no price of the list has more than 4 decimal places. */
function toPrices([input, output, cacheRead, cacheWrite]: Usd, percent: number): TokenPrices {
  const pico = (usd: number) => (Math.round(usd * 10_000) * 100 * percent) / 100;
  return {
    inputPicoUsd: pico(input),
    outputPicoUsd: pico(output),
    cacheReadPicoUsd: pico(cacheRead),
    cacheWritePicoUsd: pico(cacheWrite),
  };
}
