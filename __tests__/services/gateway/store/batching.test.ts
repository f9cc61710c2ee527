import { Questions, Spacing } from "../../../../services/gateway/store/batching";
import type { QuotaRequest, QuotaStore } from "../../../../services/gateway/store/quota-store";
import { MemoryQuotaStore } from "../../../support/stores/quota-store";

describe("questions", () => {
  const over = (store: QuotaStore, maxTogether?: number) =>
    new Questions((asked: readonly QuotaRequest[]) => store.take(asked), maxTogether);
  const ask = (questions: ReturnType<typeof over>, account: string) =>
    questions.put({ account, limit: 10, need: 1, want: 0 });

  test("what is asked at the same time, or while a question is under way, goes together", async () => {
    const store = new MemoryQuotaStore();
    const take = jest.spyOn(store, "take");
    const questions = over(store, 3);
    const accounts = ["a", "b", "c", "d", "e", "a"];
    const grants = await Promise.all(accounts.map((account) => ask(questions, account)));
    expect(grants.map(({ used }) => used)).toEqual([1, 1, 1, 1, 1, 2]);
    expect(take.mock.calls.map(([requests]) => requests.length)).toEqual([3, 3]);
  });

  test("a store that cannot be asked refuses those who asked, not those who come later", async () => {
    const store = new MemoryQuotaStore();
    jest.spyOn(store, "take").mockRejectedValueOnce(new Error("away"));
    const questions = over(store);
    await expect(ask(questions, "a")).rejects.toThrow("away");
    await expect(ask(questions, "a")).resolves.toMatchObject({ granted: 1 });
  });

  test("questions that are kept apart go together with what comes meanwhile, at the latest when enough have come", async () => {
    const store = new MemoryQuotaStore();
    const take = jest.spyOn(store, "take");
    // Far longer than a test takes: nothing but the third question ends this pause.
    const questions = new Questions(
      (asked: readonly QuotaRequest[]) => store.take(asked),
      200,
      new Spacing(600_000, 3),
    );
    await ask(questions, "a");
    const more = [ask(questions, "b")];
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(take).toHaveBeenCalledTimes(1);
    more.push(ask(questions, "c"), ask(questions, "d"));
    await Promise.all(more);
    expect(take.mock.calls.map(([requests]) => requests.length)).toEqual([1, 3]);
  });
});

describe("spacing", () => {
  afterEach(() => jest.restoreAllMocks());

  test("when the clock of the machine goes back, nobody waits for the length of the step", () => {
    let now = performance.now() + 1000;
    jest.spyOn(performance, "now").mockImplementation(() => now);
    const spacing = new Spacing(10, 3);
    spacing.begin(1);
    now -= 3_600_000;
    expect(spacing.waitMs(1)).toBeCloseTo(10);
    now += 11;
    expect(spacing.waitMs(1)).toBe(0);
  });
});
