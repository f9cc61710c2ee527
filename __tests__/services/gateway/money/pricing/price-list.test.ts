import { computeCostNanoUsd } from "../../../../../services/gateway/money/pricing/cost";
import { findListPrices, nextPriceChange } from "../../../../../services/gateway/money/pricing/price-list";

const NOW = Date.parse("2026-11-24");

const tokens = (props: object) => ({
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  ...props,
});

/** Worked by hand from the providers' price pages. USD in the last column. */
test.each([
  [
    "claude-sonnet-4-5-20250929",
    { inputTokens: 1000, cacheReadTokens: 20_000, cacheWriteTokens: 3000, outputTokens: 500 },
    0.02775,
  ],
  [
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    { inputTokens: 1000, cacheReadTokens: 20_000, cacheWriteTokens: 3000, outputTokens: 500 },
    0.030525,
  ],
  [
    "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
    { inputTokens: 1000, cacheReadTokens: 20_000, cacheWriteTokens: 3000, outputTokens: 500 },
    0.02775,
  ],
  ["claude-haiku-5-5", { inputTokens: 120_000, outputTokens: 1000 }, 0.0625],
  ["claude-haiku-5-5", { inputTokens: 100_000, outputTokens: 1000 }, 0.0105],
  // The tier counts the whole prompt, its cached part too.
  ["claude-haiku-5-5", { inputTokens: 1, cacheReadTokens: 100_000 }, 0.0050005],
  ["claude-opus-5-5", { cacheReadTokens: 100_000, outputTokens: 2000 }, 0.06],
  // 1000 for 5 minutes at 3.75, 2000 for an hour at 6.
  ["claude-sonnet-4-5", { cacheWriteTokens: 3000, cacheWrite1hTokens: 2000 }, 0.01575],
])("%s: %j cost %f USD", (model, usage, usd) => {
  const prices = findListPrices(model, NOW);
  expect(prices && computeCostNanoUsd(tokens(usage), prices)).toBe(Math.round(usd * 1e9));
});

test.each([
  ["claude-sonnet-5-5", 0.1],
  ["claude-sonnet-5", 0.2],
  ["anthropic.claude-opus-5", 0.55],
  ["us.anthropic.claude-opus-4-1-20250805-v1:0", 1.5],
])("%s is not priced as a model with the same prefix: cache reads cost %f", (model, usd) => {
  expect(findListPrices(model, NOW)?.cacheReadPicoUsd).toBe(usd * 1e6);
});

test.each(["claude-sonnet-4-5-turbo", "claude-fable-5-2", "gpt-9", "claude-sonnet-4-55", ""])(
  "%s has no price, rather than a wrong one",
  (model) => {
    expect(findListPrices(model, NOW)).toBeUndefined();
  },
);

test("a price holds from its day on", () => {
  const day = Date.parse("2026-10-07");
  expect(findListPrices("claude-sonnet-5-5", day - 1)?.cacheReadPicoUsd).toBe(200_000);
  expect(findListPrices("claude-sonnet-5-5", day)?.cacheReadPicoUsd).toBe(100_000);
  expect(findListPrices("claude-haiku-5-5", day - 1)).toBeUndefined();
  expect(nextPriceChange(day - 1)).toBe(day);
  expect(nextPriceChange(day)).toBeUndefined();
});
