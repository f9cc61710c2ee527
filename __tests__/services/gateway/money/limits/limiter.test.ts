import { Limiter } from "../../../../../services/gateway/money/limits/limiter";
import type { QuotaCorrection } from "../../../../../services/gateway/store/quota-store";
import { eventually } from "../../../../support/services/eventually";
import { MemoryQuotaStore } from "../../../../support/stores/quota-store";

function open(store = new MemoryQuotaStore()) {
  let now = 1_000_000;
  const warnings: { batches: number }[] = [];
  const logger = { warn: (fields: { batches: number }) => void warnings.push(fields) } as never;
  const limiter = new Limiter({ store, clock: { now: () => now }, logger });
  return { limiter, warnings, pass: (ms: number) => (now += ms) };
}

test("an account has its limit, and others have their own", async () => {
  const { limiter } = open();
  for (let count = 0; count < 3; count += 1)
    expect((await limiter.take("requests:key:1", 3, 1)).taken).toBeDefined();
  const refused = await limiter.take("requests:key:1", 3, 1);
  expect(refused.taken).toBeUndefined();
  expect((await limiter.take("requests:key:2", 3, 1)).taken).toBeDefined();
});

test("what is refunded may be taken again, and what was more than estimated counts", async () => {
  const { limiter } = open();
  const first = await limiter.take("tokens:key:1", 10, 8);
  expect((await limiter.take("tokens:key:1", 10, 8)).taken).toBeUndefined();
  if (first.taken !== undefined) limiter.refund(first.taken);
  await eventually(async () => (await limiter.take("tokens:key:1", 10, 4)).taken !== undefined);
  const other = await limiter.take("tokens:key:2", 10, 4);
  if (other.taken !== undefined) limiter.correct(other.taken, 10);
  await eventually(async () => (await limiter.take("tokens:key:2", 10, 1)).taken === undefined);
});

test("a limit that was changed holds at once, for what was counted before, too", async () => {
  const { limiter } = open();
  await limiter.take("requests:key:1", 10, 5);
  expect((await limiter.take("requests:key:1", 5, 1)).taken).toBeUndefined();
  expect((await limiter.take("requests:key:1", 6, 1)).taken).toBeDefined();
});

test("corrections that are lost are warned of, but not one by one", async () => {
  class BrokenStore extends MemoryQuotaStore {
    calls = 0;
    override correct(_corrections: readonly QuotaCorrection[]): Promise<void> {
      this.calls += 1;
      return Promise.reject(new Error("gone"));
    }
  }
  const store = new BrokenStore();
  const { limiter, warnings, pass } = open(store);
  const loseOne = async () => {
    const before = store.calls;
    const { taken } = await limiter.take("tokens:key:1", 1_000_000, 1);
    if (taken !== undefined) limiter.correct(taken, 100);
    await eventually(() => store.calls > before);
  };
  await loseOne();
  await eventually(() => warnings.length === 1);
  await loseOne();
  await loseOne();
  expect(warnings).toMatchObject([{ batches: 1 }]);
  pass(10_000);
  await loseOne();
  await eventually(() => warnings.length === 2);
  expect(warnings[1]).toMatchObject({ batches: 3 });
});
