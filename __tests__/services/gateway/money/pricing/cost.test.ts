import { computeCostNanoUsd, readTokenPrice } from "../../../../../services/gateway/money/pricing/cost";

test.each([
  [3e-6, 3_000_000],
  ["3e-06", 3_000_000],
  ["0.000003", 3_000_000],
  [1.5e-5, 15_000_000],
  [3.75e-8, 37_500],
  [0, 0],
  ["0.0", 0],
  [1e-12, 1],
  [1e-13, undefined],
  [-1e-6, undefined],
  ["a lot", undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  ["1e999", undefined],
  [1e10, undefined],
])("%s USD a token is %s pico-USD", (usd, pico) => {
  expect(readTokenPrice(usd)).toBe(pico);
});

const PRICES = {
  inputPicoUsd: 3_000_000,
  outputPicoUsd: 15_000_000,
  cacheReadPicoUsd: 37_500,
  cacheWritePicoUsd: 3_750_000,
};
const tokens = (inputTokens: number, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0) => ({
  inputTokens,
  outputTokens,
  cacheReadTokens,
  cacheWriteTokens,
});

test.each([
  [tokens(1), 3000],
  [tokens(10, 7, 0, 3), 30_000 + 105_000 + 11_250],
  [tokens(0, 0, 1), 38],
  [tokens(0, 0, 2), 75],
  [tokens(1_000_000_000, 1_000_000_000), 18_000_000_000_000],
  [tokens(0), 0],
])("%j cost %i nano-USD, rounded up once", (usage, nano) => {
  expect(computeCostNanoUsd(usage, PRICES)).toBe(nano);
});

describe("several answers of one request", () => {
  const one = tokens(180_000, 3500);
  const other = tokens(23_000, 1000);
  const all = { ...tokens(203_000, 4500), iterations: [one, other] };

  test("each cost what it would alone", () => {
    expect(computeCostNanoUsd(all, PRICES)).toBe(
      computeCostNanoUsd(one, PRICES) + computeCostNanoUsd(other, PRICES),
    );
  });

  test("each fall into the tier of their own prompt", () => {
    const long = { ...PRICES, inputPicoUsd: 6_000_000, outputPicoUsd: 30_000_000 };
    const tiered = { ...PRICES, longPrompt: { aboveTokens: 100_000, prices: long } };
    expect(computeCostNanoUsd(all, tiered)).toBe(
      computeCostNanoUsd(one, long) + computeCostNanoUsd(other, PRICES),
    );
  });

  test("and what the sums have beyond them is paid for, too", () => {
    expect(computeCostNanoUsd({ ...tokens(203_010, 4507, 0, 3), iterations: [one, other] }, PRICES)).toBe(
      computeCostNanoUsd(all, PRICES) + computeCostNanoUsd(tokens(10, 7, 0, 3), PRICES),
    );
  });
});

test("searches of the web cost what they are said to, or 10 USD a thousand", () => {
  const searched = { ...tokens(1), webSearches: 3 };
  expect(computeCostNanoUsd(searched, PRICES)).toBe(3000 + 30_000_000);
  expect(computeCostNanoUsd(searched, { ...PRICES, webSearchNanoUsd: 7 })).toBe(3000 + 21);
});

test("an answer that had to stay in the US costs what its model asks for that; searches do not change", () => {
  const answered = { ...tokens(7, 1), webSearches: 1, isUsOnly: true };
  expect(computeCostNanoUsd(answered, { ...PRICES, usPercent: 110 })).toBe(39_600 + 10_000_000);
  expect(computeCostNanoUsd(answered, PRICES)).toBe(36_000 + 10_000_000);
});

test("no cost is too large to be stored, whatever a provider reports", () => {
  const dear = { ...PRICES, inputPicoUsd: Number.MAX_SAFE_INTEGER };
  expect(computeCostNanoUsd(tokens(1_000_000_000), dear)).toBe(Number.MAX_SAFE_INTEGER);
});
