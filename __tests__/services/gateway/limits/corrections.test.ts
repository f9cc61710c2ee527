import { MemoryQuotaStore } from "../../../../services/gateway/adapters/memory/quota-store";
import { Corrections } from "../../../../services/gateway/limits/corrections";
import { eventually } from "../../../support/services/eventually";

test("what comes while one is under way is added up", async () => {
  const store = new MemoryQuotaStore();
  const add = jest.spyOn(store, "add");
  const corrections = new Corrections(store, () => {});
  for (let count = 0; count < 100; count += 1) corrections.add("tokens:key:1", 2);
  await eventually(
    async () => (await store.take({ account: "tokens:key:1", limit: 0, need: 1, want: 0 })).used === 200,
  );
  expect(add.mock.calls).toEqual([
    ["tokens:key:1", 2],
    ["tokens:key:1", 198],
  ]);
});

test("one that fails is told, and does not hold up the others", async () => {
  const store = new MemoryQuotaStore();
  jest.spyOn(store, "refund").mockRejectedValueOnce(new Error("away"));
  const errors: unknown[] = [];
  const corrections = new Corrections(store, (error) => errors.push(error));
  corrections.refund("tokens:key:1", 1, 5);
  corrections.add("tokens:key:1", 3);
  await eventually(
    async () => (await store.take({ account: "tokens:key:1", limit: 0, need: 1, want: 0 })).used === 3,
  );
  expect(errors).toHaveLength(1);
});
