import { compareText, selectPage } from "../../../../services/gateway/admin/route";

test.each([
  ["in order", (index: number) => index],
  ["in reverse", (index: number) => -index],
  ["with many that are alike", (index: number) => index % 3],
  ["all alike", () => 0],
  ["in no order", (index: number) => (index * 7919) % 1009],
])("a page is what sorting would give: %s", async (_name, keyOf) => {
  const items = Array.from({ length: 12_000 }, (_, index) => ({
    key: keyOf(index),
    id: `${(index * 31) % 12_000}`,
  }));
  const compare = (a: (typeof items)[0], b: (typeof items)[0]) => a.key - b.key || compareText(a.id, b.id);
  const sorted = [...items].sort(compare);
  for (const start of [0, 1, 10, 5990, 11_990, 11_999, 12_000, 20_000])
    expect(await selectPage([...items], compare, start, start + 20)).toEqual(sorted.slice(start, start + 20));
  expect(await selectPage([], compare, 0, 10)).toEqual([]);
});

test("pages of many do not keep others from their turn", async () => {
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const items = Array.from({ length: 50_000 }, (_, index) => (index * 7919) % 50_021);
  await selectPage(items, (a, b) => a - b, 25_000, 25_100);
  isDone = true;
  expect(turns).toBeGreaterThan(1);
});
