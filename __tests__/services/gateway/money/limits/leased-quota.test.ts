import {
  Corrections,
  LeasedQuota,
  RecentUse,
  type TakenQuota,
} from "../../../../../services/gateway/money/limits/leased-quota";
import { Questions } from "../../../../../services/gateway/store/batching";
import {
  type QuotaRequest,
  type QuotaStore,
  USE_MS,
} from "../../../../../services/gateway/store/quota-store";
import { type Clock, systemClock } from "../../../../../services/shared/clock";
import { eventually } from "../../../../support/services/eventually";
import { Random } from "../../../../support/services/random";
import { MemoryQuotaStore } from "../../../../support/stores/quota-store";

describe("leased quota", () => {
  const open = (account: string, limit: number, store: QuotaStore, clock: Clock = systemClock) =>
    new LeasedQuota(account, limit, {
      questions: new Questions((asked) => store.take(asked)),
      corrections: new Corrections(store, () => {}),
      clock,
    });

  const WINDOW_MS = 60_000;
  const BLOCK_MS = 2000;

  /** A store that gives blocks for several requests, as the shared one does, and counts them until they cannot be used. */
  class BlockStore extends MemoryQuotaStore {
    questions = 0;
    protected override give(request: QuotaRequest) {
      this.questions += 1;
      const want = Math.max(request.need, Math.min(request.want, Math.trunc(request.limit / 4)));
      const many = want > request.need ? super.give({ ...request, need: want }) : undefined;
      return many !== undefined && many.granted > 0 ? { ...many, usableMs: BLOCK_MS } : super.give(request);
    }
  }

  test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
    "random arrivals %s: never more than the limit in any window, over several gateways",
    async (seed) => {
      const random = new Random(seed);
      let now = 0;
      const clock = { now: () => now };
      const limit = random.int(1, 60);
      // Blocks of this store count from when they were given, so the window to look at is shorter by their life.
      const store = new BlockStore(clock);
      const gateways = [1, 2, 3].map(() => open("requests:key:1", limit, store, clock));
      const admitted: number[] = [];
      const tooLong: number[] = [];
      for (let step = 0; step < 1500; step += 1) {
        now += random.next() < 0.9 ? random.int(0, 300) : random.int(0, 20_000);
        const answer = await random.pick(gateways).take(1);
        if (answer.taken !== undefined) admitted.push(now);
        else if (!(answer.waitMs <= WINDOW_MS)) tooLong.push(answer.waitMs);
      }
      // One more than the limit, counted from here, came too soon.
      const tooMany = admitted.filter((at, index) => {
        const after = admitted[index + limit];
        return after !== undefined && after < at + WINDOW_MS - BLOCK_MS;
      });
      expect([tooLong, tooMany]).toEqual([[], []]);
      expect(admitted.length).toBeGreaterThan(limit);
    },
  );

  test("a refused caller who waits as long as it is told gets in, not a millisecond earlier", async () => {
    let now = 0;
    const quota = open("r", 3, new MemoryQuotaStore({ now: () => now }), { now: () => now });
    for (const at of [0, 10_000, 25_000]) {
      now = at;
      expect((await quota.take(1)).taken).toBeDefined();
    }
    now = 30_000;
    const { waitMs } = await quota.take(1);
    expect(waitMs).toBe(30_000);
    now += waitMs - 1;
    expect((await quota.take(1)).taken).toBeUndefined();
    now += 1;
    expect((await quota.take(1)).taken).toBeDefined();
  });

  test("under load a block lasts for many requests: the store is asked seldom", async () => {
    let now = 0;
    const store = new BlockStore({ now: () => now });
    const quota = open("r", 10_000, store, { now: () => now });
    for (let count = 0; count < 1000; count += 1) {
      now += 1;
      await quota.take(1);
    }
    expect(store.questions).toBeLessThan(30);
  });

  test("of many at once exactly as many get in as the limit allows", async () => {
    const quota = open("r", 7, new MemoryQuotaStore());
    const answers = await Promise.all(Array.from({ length: 50 }, () => quota.take(1)));
    expect(answers.filter((answer) => answer.taken !== undefined)).toHaveLength(7);
  });

  test("more than the whole limit is let through alone", async () => {
    const quota = open("t", 100, new MemoryQuotaStore());
    expect((await quota.take(5000)).taken?.amount).toBe(100);
    expect((await quota.take(1)).taken).toBeUndefined();
  });

  /** A store whose answers take their time; single grants may be used as long as those of the shared one. */
  class SlowStore extends BlockStore {
    /** Until the answer, in milliseconds. */
    wayMs = 0;
    constructor(readonly time: { now: number }) {
      super({ now: () => time.now });
    }
    override async take(requests: readonly QuotaRequest[]) {
      const grants = await super.take(requests);
      this.time.now += this.wayMs;
      return grants.map((grant) => ({ ...grant, usableMs: Math.min(grant.usableMs, USE_MS) }));
    }
  }

  test.each([600, 3000, 20_000])(
    "an answer that takes %s ms is used, and the store asked once",
    async (wayMs) => {
      const time = { now: 0 };
      const store = new SlowStore(time);
      store.wayMs = wayMs;
      const quota = open("r", 5, store, { now: () => time.now });
      const answers = [];
      for (let count = 0; count < 6; count += 1) answers.push(await quota.take(1));
      // Before the last is refused, the store hears of what was given back, and is asked once more.
      expect(store.questions).toBeLessThanOrEqual(7);
      expect(answers.filter(({ taken }) => taken !== undefined).length).toBeGreaterThanOrEqual(
        wayMs < 10_000 ? 5 : 3,
      );
    },
  );

  test("what came late counts for a whole window from its use", async () => {
    const time = { now: 0 };
    const store = new SlowStore(time);
    store.wayMs = 20_000;
    const quota = open("r", 1, store, { now: () => time.now });
    expect((await quota.take(1)).taken).toBeDefined();
    store.wayMs = 0;
    // Corrections are gathered for a while of real time.
    await new Promise((resolve) => setTimeout(resolve, 150));
    time.now = 79_000;
    expect((await quota.take(1)).taken).toBeUndefined();
    time.now = 81_000;
    expect((await quota.take(1)).taken).toBeDefined();
  });

  test("what came late and was not needed is given back", async () => {
    const time = { now: 0 };
    const store = new SlowStore(time);
    store.wayMs = 1000;
    const quota = open("r", 1, store, { now: () => time.now });
    const { taken } = await quota.take(1);
    quota.refund(taken?.block ?? 0, 1);
    store.wayMs = 0;
    time.now += 1000;
    expect((await quota.take(1)).taken).toBeDefined();
  });

  test("answers that come when their window is over are not asked for again without end", async () => {
    const time = { now: 0 };
    const store = new SlowStore(time);
    store.wayMs = 61_000;
    const quota = open("r", 5, store, { now: () => time.now });
    await expect(quota.take(1)).rejects.toMatchObject({ name: "StoreUnavailableError" });
    expect(store.questions).toBe(2);
  });

  test("what was not used is used by the next, without asking", async () => {
    let now = 0;
    const store = new BlockStore({ now: () => now });
    const quota = open("r", 100, store, { now: () => now });
    for (let count = 0; count < 10; count += 1) await quota.take(1);
    const { questions } = store;
    const { taken } = await quota.take(1);
    for (let count = 0; count < 50; count += 1) {
      quota.refund(taken?.block ?? 0, 1);
      await quota.take(1);
    }
    expect(store.questions - questions).toBeLessThanOrEqual(1);
    now += 1;
  });

  describe("what may be used beyond what is needed", () => {
    test("is counted until it is known, and one request may lead beyond the limit", async () => {
      const quota = open("t", 100, new MemoryQuotaStore());
      const first = await quota.take(10, 500);
      expect(first).toMatchObject({ taken: { amount: 510, reserved: 500 }, remaining: 90 });
      expect((await quota.take(1)).taken).toBeUndefined();
      quota.settle(first.taken as TakenQuota, 30);
      const second = await quota.take(10, 500);
      expect(second).toMatchObject({ taken: { amount: 510 }, remaining: 60 });
      quota.settle(second.taken as TakenQuota, 80);
      expect((await quota.take(1)).taken).toBeUndefined();
    });

    test("makes nobody wait longer than a few seconds, but what was used does", async () => {
      let now = 0;
      const quota = open("t", 100, new MemoryQuotaStore({ now: () => now }), { now: () => now });
      const { taken } = await quota.take(10, 500);
      now += 1000;
      expect((await quota.take(10)).waitMs).toBe(5000);
      now += 1000;
      // Too much also without the reserve of the other.
      expect((await quota.take(95)).waitMs).toBe(58_000);
      quota.settle(taken as TakenQuota, 95);
      expect((await quota.take(10)).waitMs).toBe(58_000);
    });

    test("is there for the next request as soon as the last one is over, also when the store has not heard of it", async () => {
      // Blocks that cannot be used twice: everything goes by the store, which hears of corrections later.
      class AskedStore extends MemoryQuotaStore {
        protected override give(request: QuotaRequest) {
          return { ...super.give(request), usableMs: now === askedAt ? 1 : 0 };
        }
      }
      let now = 0;
      let askedAt = 0;
      const store = new AskedStore();
      const quota = open("t", 100, store, { now: () => now });
      for (let count = 0; count < 9; count += 1) {
        askedAt = now;
        const { taken } = await quota.take(10, 64_000);
        expect(taken?.amount).toBe(64_010);
        now += 10;
        quota.settle(taken as TakenQuota, 10);
      }
    });

    test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
      "random answers %s over several gateways: never more used in any window than the limit and one answer",
      async (seed) => {
        const random = new Random(seed);
        let now = 0;
        const clock = { now: () => now };
        const limit = random.int(50, 500);
        const most = random.int(10, 1000);
        class AskedStore extends MemoryQuotaStore {
          protected override give(request: QuotaRequest) {
            return { ...super.give(request), usableMs: 1 };
          }
        }
        const store = new AskedStore(clock);
        const gateways = [1, 2, 3].map(() => open("tokens:key:1", limit, store, clock));
        const running: { quota: LeasedQuota; taken: TakenQuota; used: number; endsAt: number }[] = [];
        const used: { at: number; tokens: number }[] = [];
        for (let step = 0; step < 1500; step += 1) {
          now += random.next() < 0.9 ? random.int(1, 1000) : random.int(1000, 20_000);
          for (const one of running.filter(({ endsAt }) => endsAt <= now)) {
            running.splice(running.indexOf(one), 1);
            one.quota.settle(one.taken, one.used);
          }
          const quota = random.pick(gateways);
          const input = random.int(1, 20);
          const output = random.int(1, most);
          const { taken } = await quota.take(input, output);
          if (taken === undefined) continue;
          const tokens = input + random.int(0, output);
          used.push({ at: now, tokens });
          running.push({ quota, taken, used: tokens, endsAt: now + random.int(1, 30_000) });
        }
        const mostInWindow = Math.max(
          ...used.map(({ at: from }) =>
            used.reduce((sum, { at, tokens }) => (at >= from && at < from + 60_000 ? sum + tokens : sum), 0),
          ),
        );
        expect(mostInWindow).toBeLessThanOrEqual(limit + most);
        expect(used.length).toBeGreaterThan(20);
      },
    );
  });
});

describe("corrections", () => {
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
});

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
