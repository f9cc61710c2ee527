import { computeCostNanoUsd, readTokenPrice } from "../../../../services/gateway/pricing/cost";

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
