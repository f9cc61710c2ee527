import { growthOf, isFlat } from "../../../bench/soak/growth";

test("growth is from the second quarter to the last, so that warming up does not count", () => {
  expect(growthOf([10, 20, 100, 100, 110, 120, 105, 105])).toEqual({ before: 100, after: 105 });
});

test("flat is what grows by neither a part nor an amount", () => {
  expect(isFlat({ before: 100, after: 110 }, 1.15, 0)).toBe(true);
  expect(isFlat({ before: 100, after: 130 }, 1.15, 40)).toBe(true);
  expect(isFlat({ before: 100, after: 150 }, 1.15, 40)).toBe(false);
  expect(isFlat({ before: Number.NaN, after: Number.NaN }, 1.15, 40)).toBe(false);
});
