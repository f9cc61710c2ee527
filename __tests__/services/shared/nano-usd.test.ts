import { nanoUsdToUsd, toScaledInteger, usdToNanoUsd } from "../../../services/shared/nano-usd";

test.each([
  [10, 10_000_000_000],
  [0.1, 100_000_000],
  [0.1 + 0.2, undefined],
  [10.000000001, 10_000_000_001],
  [9_000_000, 9e15],
  [9_100_000, undefined],
])("%s USD is %s nano-USD", (usd, nano) => {
  expect(usdToNanoUsd(usd)).toBe(nano);
  if (nano !== undefined) expect(nanoUsdToUsd(nano)).toBe(usd);
});

test("every number of six decimals comes through exactly", () => {
  for (let micro = 1; micro < 100_000; micro += 37) expect(toScaledInteger(micro / 1e6, 6)).toBe(micro);
});
