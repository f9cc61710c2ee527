import { toScaledInteger } from "../../../../services/gateway/pricing/scaled-integer";

test("every number of six decimals comes through exactly", () => {
  for (let micro = 1; micro < 100_000; micro += 37) expect(toScaledInteger(micro / 1e6, 6)).toBe(micro);
});
