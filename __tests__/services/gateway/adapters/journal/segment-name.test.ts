import { claimedName, segmentName } from "../../../../../services/gateway/adapters/journal/segment-name";

const ME = "11111111-1111-4111-8111-111111111111";
const OTHER = "22222222-2222-4222-8222-222222222222";

test("sorting names gives their order in time", () => {
  const names = [
    segmentName(999, 1, OTHER),
    segmentName(1_790_000_000_000, 2, ME),
    segmentName(1_790_000_000_000, 10, ME),
  ];
  expect([...names].reverse().sort()).toEqual(names);
});

test("a claimed segment keeps its place, whoever had claimed it before", () => {
  const name = segmentName(1_790_000_000_000, 3, OTHER);
  const mine = `1790000000000-000003-${OTHER}.${ME}.journal`;
  expect(claimedName(name, ME)).toBe(mine);
  expect(claimedName(mine, ME)).toBe(mine);
  expect(claimedName(mine, OTHER)).toBe(`1790000000000-000003-${OTHER}.${OTHER}.journal`);
});

test.each(["lost+found", "x.journal", `1790000000000-000003-${ME}.journal.damaged`])(
  "%s is no segment",
  (name) => {
    expect(claimedName(name, ME)).toBeUndefined();
  },
);
