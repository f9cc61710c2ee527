import { computeCostNanoUsd } from "../../../../services/gateway/pricing/cost";
import { findListPrices } from "../../../../services/gateway/pricing/price-list";

const NOW = Date.parse("2026-11-24T00:00:00Z");

/** Worked out by hand from the price page, in USD. */
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
  [
    "claude-haiku-5-5",
    { inputTokens: 120_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1000 },
    0.0625,
  ],
  [
    "claude-haiku-5-5",
    { inputTokens: 100_000, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1000 },
    0.0105,
  ],
  [
    "claude-opus-5-5",
    { inputTokens: 0, cacheReadTokens: 100_000, cacheWriteTokens: 0, outputTokens: 2000 },
    0.06,
  ],
])("%s: %j is %s USD", (model, tokens, usd) => {
  const prices = findListPrices(model, NOW);
  expect(prices && computeCostNanoUsd(tokens, prices)).toBe(Math.round(usd * 1e9));
});

test("a price counts from its day", () => {
  const read = (day: string) => findListPrices("claude-sonnet-5-5", Date.parse(day))?.cacheReadPicoUsd;
  expect(read("2026-10-06T23:59:59Z")).toBe(200_000);
  expect(read("2026-10-07T00:00:00Z")).toBe(100_000);
});

test.each(["claude-sonnet-4-5-turbo", "claude-sonnet-9", "sonnet-4-5", "claude-fable-5-2", ""])(
  "%s is not in the list, however much it looks like one that is",
  (model) => expect(findListPrices(model, NOW)).toBeUndefined(),
);
