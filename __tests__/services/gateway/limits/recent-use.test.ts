import { RecentUse } from "../../../../services/gateway/limits/recent-use";

test.each([
  ["nothing was used", [], 0, 0],
  [
    "some within the span",
    [
      [5, 100],
      [3, 900],
    ],
    1000,
    8,
  ],
  [
    "as much as in the span before",
    [
      [5, 100],
      [3, 900],
      [1, 2200],
    ],
    2300,
    8,
  ],
  [
    "more than in the span before",
    [
      [5, 100],
      [20, 2200],
    ],
    2300,
    20,
  ],
  ["nothing for longer than a span", [[5, 100]], 4200, 0],
] as const)("%s", (_title, uses, now, expected) => {
  const recent = new RecentUse(2000);
  for (const [amount, at] of uses) recent.add(amount, at);
  expect(recent.expected(now)).toBe(expected);
});
