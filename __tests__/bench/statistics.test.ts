import { busiestWindow } from "../../bench/statistics/busiest-window";
import { median } from "../../bench/statistics/median";
import { percentile } from "../../bench/statistics/percentile";
import { rotate } from "../../bench/statistics/rotate";
import { roundRatios } from "../../bench/statistics/round-ratios";

describe("median", () => {
  it.each([
    [[], undefined],
    [[7], 7],
    [[3, 1, 2], 2],
    [[10, 9, 1, 2], 5.5],
  ])("of %j is %s", (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it("sorts as numbers and leaves its input alone", () => {
    const values = [100, 20, 3];
    expect(median(values)).toBe(20);
    expect(values).toEqual([100, 20, 3]);
  });
});

describe("roundRatios", () => {
  it("compares round by round", () => {
    expect(roundRatios([1, 4, 9], [2, 4, 3])).toEqual({ median: 1, least: 0.5, most: 3 });
  });

  it("leaves rounds out that have no value on one side", () => {
    expect(roundRatios([1, undefined, 9, 5], [2, 4, undefined, 0])).toEqual({
      median: 0.5,
      least: 0.5,
      most: 0.5,
    });
    expect(roundRatios([], [1])).toBeUndefined();
  });

  it("keeps a target that did not keep up, but compares with none", () => {
    const { POSITIVE_INFINITY } = Number;
    expect(roundRatios([POSITIVE_INFINITY], [1])?.median).toBe(POSITIVE_INFINITY);
    expect(roundRatios([1], [POSITIVE_INFINITY])).toBeUndefined();
  });
});

test("rotate begins with another element in each round", () => {
  expect([0, 1, 2, 3].map((round) => rotate(["a", "b", "c"], round).join(""))).toEqual([
    "abc",
    "bca",
    "cab",
    "abc",
  ]);
  expect(rotate([], 5)).toEqual([]);
});

test("busiestWindow has its start and not its end in it", () => {
  expect(busiestWindow([], 60)).toBe(0);
  expect(busiestWindow([0, 60, 120], 60)).toBe(1);
  expect(busiestWindow([100, 0, 59, 1, 160], 60)).toBe(3);
});

test("percentile is the nearest rank", () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([5], 0.01)).toBe(5);
  expect(percentile([], 0.5)).toBeUndefined();
});
