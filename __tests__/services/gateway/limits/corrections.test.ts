import { MemoryQuotaStore } from "../../../../services/gateway/adapters/memory/quota-store";
import { Corrections } from "../../../../services/gateway/limits/corrections";
import { eventually } from "../../../support/services/eventually";

const used = async (store: MemoryQuotaStore) =>
  (await store.take([{ account: "tokens:key:1", limit: 0, need: 1, want: 0 }]))[0]?.used;

test("corrections of one block are added up, and go to the store together", async () => {
  const store = new MemoryQuotaStore();
  const [grant] = await store.take([{ account: "requests:key:1", limit: 100, need: 50, want: 0 }]);
  const correct = jest.spyOn(store, "correct");
  const corrections = new Corrections(store, () => {});
  for (let count = 0; count < 100; count += 1) corrections.put("tokens:key:1", undefined, 2);
  for (let count = 0; count < 3; count += 1) corrections.put("requests:key:1", grant?.block, 1);
  await eventually(async () => (await used(store)) === 200);
  expect(correct.mock.calls).toEqual([
    [
      [
        { account: "tokens:key:1", block: undefined, amount: 200 },
        { account: "requests:key:1", block: grant?.block, amount: 3 },
      ],
    ],
  ]);
});

test("a failure is told, and does not hold up what comes after", async () => {
  const store = new MemoryQuotaStore();
  jest.spyOn(store, "correct").mockRejectedValueOnce(new Error("away"));
  const errors: unknown[] = [];
  const corrections = new Corrections(store, (error) => errors.push(error));
  corrections.put("tokens:key:1", 1, 5);
  await eventually(() => errors.length === 1);
  corrections.put("tokens:key:1", undefined, 3);
  await eventually(async () => (await used(store)) === 3);
});

test("what is gathered can be sent at once, and who waits for it waits for what is under way, too", async () => {
  const store = new MemoryQuotaStore();
  const accounts: string[][] = [];
  let finish = () => {};
  jest.spyOn(store, "correct").mockImplementation((batch) => {
    accounts.push(batch.map(({ account }) => account));
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  const corrections = new Corrections(store, () => {});
  await corrections.flush();
  expect(accounts).toEqual([]);
  corrections.put("a", undefined, 1);
  expect([corrections.isBehind("a"), corrections.isBehind("b")]).toEqual([true, false]);
  const first = corrections.flush();
  await eventually(() => accounts.length === 1);
  corrections.put("b", undefined, 1);
  const [second, again] = [corrections.flush(), corrections.flush()];
  expect([corrections.isBehind("a"), corrections.isBehind("b")]).toEqual([true, true]);
  finish();
  await first;
  await eventually(() => accounts.length === 2);
  expect([corrections.isBehind("a"), corrections.isBehind("b")]).toEqual([false, true]);
  finish();
  await Promise.all([second, again]);
  expect(corrections.isBehind("b")).toBe(false);
  expect(accounts).toEqual([["a"], ["b"]]);
});
