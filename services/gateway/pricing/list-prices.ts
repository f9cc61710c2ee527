/** USD a million tokens: input, output, cache read, cache write for 5 minutes, for an hour. */
export type UsdPrices = readonly [
  input: number,
  output: number,
  cacheRead: number,
  cacheWrite: number,
  cacheWrite1h: number,
];

/** What a model costs from a day on. */
export interface ListPrice {
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
export const LIST_PRICES: readonly ListPrice[] = [
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
