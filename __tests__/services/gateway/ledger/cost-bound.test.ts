import { affordableTokens, boundCost } from "../../../../services/gateway/ledger/cost-bound";

const prices = {
  inputPicoUsd: 3_000_000,
  outputPicoUsd: 15_000_000,
  cacheReadPicoUsd: 300_000,
  cacheWritePicoUsd: 3_750_000,
};
const size = { bytes: 1000, turns: 2, maxTokens: 32_000 };
/** 1000 bytes, 64 for the frame, 16 for each turn, at the dearest price. */
const INPUT_NANO = (1000 + 64 + 32) * 3750;

test("every byte counts as a token at the dearest input price", () => {
  expect(boundCost(size, [prices])).toEqual({
    fullNano: INPUT_NANO + 32_000 * 15_000,
    ampleNano: INPUT_NANO + 4096 * 15_000,
    leastNano: INPUT_NANO + 256 * 15_000,
  });
});

test("a short answer is its own ample and least one", () => {
  const { fullNano, ampleNano, leastNano } = boundCost({ ...size, maxTokens: 100 }, [prices]);
  expect([ampleNano, leastNano]).toEqual([fullNano, fullNano]);
});

test("of several deployments the dearest counts", () => {
  const dear = { ...prices, outputPicoUsd: 75_000_000 };
  expect(boundCost(size, [prices, dear])).toEqual(boundCost(size, [dear]));
  const amount = boundCost(size, [dear]).ampleNano;
  expect(affordableTokens(size, [prices, dear], amount)).toBe(4096);
});

test.each([1, 255, 4096, 31_999])("an amount for %s tokens pays for %s tokens", (tokens) => {
  const amount = INPUT_NANO + tokens * 15_000;
  expect(affordableTokens(size, [prices], amount)).toBe(tokens);
  expect(affordableTokens(size, [prices], amount - 1)).toBe(tokens - 1);
});

test("never more than was asked for, also when answers cost nothing", () => {
  expect(affordableTokens(size, [prices], 10 ** 12)).toBe(32_000);
  expect(affordableTokens(size, [{ ...prices, outputPicoUsd: 0 }], INPUT_NANO)).toBe(32_000);
});

test("with a dearer price for long prompts the bound counts on it", () => {
  const tiered = {
    ...prices,
    longPrompt: { aboveTokens: 100_000, prices: { ...prices, outputPicoUsd: 30_000_000 } },
  };
  expect(boundCost(size, [tiered]).fullNano).toBe(INPUT_NANO + 32_000 * 30_000);
  expect(affordableTokens(size, [tiered], INPUT_NANO + 30_000 * 7)).toBe(7);
});

test("an hour in the cache counts at its own price, when it is asked for", () => {
  const long = { ...prices, cacheWrite1hPicoUsd: 6_000_000 };
  expect(boundCost(size, [long])).toEqual(boundCost(size, [prices]));
  const asked = { ...size, hasLongCache: true, maxTokens: 0 };
  expect(boundCost(asked, [long]).fullNano).toBe((1000 + 64 + 32) * 6000);
  // A provider without a price of its own for it bills what five minutes cost.
  expect(boundCost(asked, [prices]).fullNano).toBe(INPUT_NANO);
});

test("what is no text counts beside the bytes", () => {
  const seen = { ...size, maxTokens: 0, addedTokens: 210_000 };
  expect(boundCost(seen, [prices]).fullNano).toBe(INPUT_NANO + 210_000 * 3750);
});

test("a request that may have to stay in the US counts at what that costs, in every tier", () => {
  const us = {
    ...prices,
    usPercent: 110,
    longPrompt: { aboveTokens: 100_000, prices: { ...prices, outputPicoUsd: 30_000_000 } },
  };
  const bound = boundCost(size, [us]).fullNano;
  expect(bound).toBe(((1000 + 64 + 32) * 4125_000 + 32_000 * 33_000_000) / 1000);
  expect(affordableTokens(size, [us], bound)).toBe(32_000);
  expect(affordableTokens(size, [us], bound - 1)).toBe(31_999);
  expect(boundCost({ ...size, isGlobal: true }, [us]).fullNano).toBe(INPUT_NANO + 32_000 * 30_000);
});

test("an answer that cannot be cut so short is its own least, and ample", () => {
  const { ampleNano, leastNano } = boundCost({ ...size, leastTokens: 5000 }, [prices]);
  expect([ampleNano, leastNano]).toEqual([INPUT_NANO + 5000 * 15_000, INPUT_NANO + 5000 * 15_000]);
});
