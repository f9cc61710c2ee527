import { FairShare, mostOf } from "../../../../services/gateway/http/fair-share";

test("one holder takes up to its share, all together up to the limit", () => {
  const share = new FairShare(10, 6);
  expect([share.take("a", 6), share.take("a", 1), share.hasRoom("a", 1)]).toEqual([true, false, false]);
  expect([share.take("b", 5), share.take("b", 4), share.taken]).toEqual([false, true, 10]);
  expect([share.take("c", 1), share.hasRoom("c", 1)]).toEqual([false, false]);
});

test("what is given back can be taken again", () => {
  const share = new FairShare(10, 6);
  share.take("a", 6);
  share.giveBack("a", 2);
  share.giveBack("a", 0);
  expect([share.taken, share.take("a", 3), share.take("a", 2)]).toEqual([4, false, true]);
  share.giveBack("a", 6);
  expect([share.taken, share.take("b", 6), share.take("a", 4)]).toEqual([0, true, true]);
});

test.each([
  [1, 1],
  [7, 7],
  [8, 7],
  [16, 14],
  [2000, 1750],
])("an eighth is left for others, where there are enough: most of %d is %d", (limit, most) => {
  expect(mostOf(limit)).toBe(most);
});
