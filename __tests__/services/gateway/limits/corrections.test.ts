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
