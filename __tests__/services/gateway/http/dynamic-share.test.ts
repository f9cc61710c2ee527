import { DynamicShare } from "../../../../services/gateway/http/dynamic-share";

/** Lets holders take in turns until nobody gets any more. @returns what each has */
function takeAll(limit: number, holders: readonly string[]): number[] {
  const share = new DynamicShare();
  const held = new Map<string, number>(holders.map((holder) => [holder, 0]));
  let taken = 0;
  for (let hasTaken = true; hasTaken; ) {
    hasTaken = false;
    for (const holder of holders) {
      if (!share.take(holder, limit - taken - 1)) continue;
      taken += 1;
      held.set(holder, (held.get(holder) ?? 0) + 1);
      hasTaken = true;
    }
  }
  return [...held.values()];
}

test.each([
  [["a"], [50]],
  [
    ["a", "b"],
    [33, 33],
  ],
  [
    ["a", "b", "c"],
    [25, 25, 25],
  ],
])("%j of 100 have %j each, and something is left", (holders, expected) => {
  expect(takeAll(100, holders)).toEqual(expected);
});

test("what is given back can be had again, and whoever holds nothing is forgotten", () => {
  const share = new DynamicShare();
  expect([share.take("a", 2), share.take("a", 1), share.take("b", 1)]).toEqual([true, false, true]);
  share.giveBack("a");
  expect(share.take("a", 1)).toBe(true);
});
