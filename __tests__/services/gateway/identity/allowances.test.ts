import { allowanceOfKey, allowanceOfUser, subjectOf } from "../../../../services/gateway/identity/allowances";
import type { NamedBudget } from "../../../../services/gateway/store/named-budget-store";
import type { User } from "../../../../services/gateway/store/user-store";
import { namedBudget, user, virtualKey } from "../../../support/services/holders";

describe("allowances", () => {
  const budget = namedBudget({
    maxBudgetNanoUsd: 100,
    budgetDuration: "1d",
    rpmLimit: 10,
    tpmLimit: 1000,
    maxParallelRequests: 3,
  });

  test("without a named budget the own limits stand as they are", () => {
    expect(allowanceOfKey(virtualKey({ keyId: "k", maxBudgetNanoUsd: 5, rpmLimit: 0 }), undefined)).toEqual({
      scope: "key",
      id: "k",
      maxBudgetNanoUsd: 5,
      budgetDuration: null,
      rpmLimit: 0,
      tpmLimit: null,
      maxParallelRequests: null,
    });
  });

  test("a named budget fills what the owner has not set, and nothing else", () => {
    expect(allowanceOfUser(user({ userId: "ada", rpmLimit: 0, tpmLimit: 7 }), budget)).toEqual({
      scope: "user",
      id: "ada",
      maxBudgetNanoUsd: 100,
      budgetDuration: "1d",
      rpmLimit: 0,
      tpmLimit: 7,
      maxParallelRequests: 3,
    });
  });

  test.each<[string, number | null, string | null, number, string | null]>([
    ["an own amount without a period is for ever", 5, null, 5, null],
    ["an own amount keeps its own period", 5, "30d", 5, "30d"],
    ["the named amount may be counted in the owner's period", null, "30d", 100, "30d"],
    ["the named amount comes with its period", null, null, 100, "1d"],
  ])("%s", (_name, maxBudgetNanoUsd, budgetDuration, amount, period) => {
    const allowance = allowanceOfKey(virtualKey({ maxBudgetNanoUsd, budgetDuration }), budget);
    expect([allowance.maxBudgetNanoUsd, allowance.budgetDuration]).toEqual([amount, period]);
  });
});

describe("key subject", () => {
  const stores = (
    { users = [], budgets = [] }: { users?: User[]; budgets?: NamedBudget[] },
    isReady = true,
  ) => ({
    users: { isReady, findById: (id: string) => users.find(({ userId }) => userId === id) },
    namedBudgets: { findById: (id: string) => budgets.find(({ budgetId }) => budgetId === id) },
  });
  const amounts = (subject: ReturnType<typeof subjectOf>) =>
    subject.allowances.map(({ scope, id, maxBudgetNanoUsd }) => [scope, id, maxBudgetNanoUsd]);

  test("the key comes first, then its user, each with its named budget", () => {
    const key = virtualKey({ keyId: "k", userId: "ada", budgetId: "small" });
    const ada = user({ budgetId: "large" });
    const budgets = [
      namedBudget({ budgetId: "small", maxBudgetNanoUsd: 1 }),
      namedBudget({ budgetId: "large", maxBudgetNanoUsd: 2 }),
    ];
    const subject = subjectOf(key, stores({ users: [ada], budgets }));
    expect(subject).toMatchObject({ key, user: ada });
    expect(amounts(subject)).toEqual([
      ["key", "k", 1],
      ["user", "ada", 2],
    ]);
  });

  test.each<[string, string | null]>([
    ["no user", null],
    ["a user that nobody made", "bob"],
  ])("a key with %s has its own limits only", (_name, userId) => {
    const subject = subjectOf(virtualKey({ keyId: "k", userId }), stores({ users: [user()] }));
    expect(subject.user).toBeUndefined();
    expect(amounts(subject)).toEqual([["key", "k", null]]);
  });

  test.each<[string[], string[] | undefined, string[] | undefined]>([
    [[], undefined, undefined],
    [[], [], undefined],
    [["a", "b"], undefined, ["a", "b"]],
    [["a", "b"], [], ["a", "b"]],
    [[], ["b", "c"], ["b", "c"]],
    [["a", "b"], ["b", "c"], ["b"]],
    [["a"], ["c"], []],
  ])("a key for %j of a user for %j may use %j", (ofKey, ofUser, allowed) => {
    const users = ofUser === undefined ? [] : [user({ models: ofUser })];
    const { models } = subjectOf(virtualKey({ userId: user().userId, models: ofKey }), stores({ users }));
    expect(models).toEqual(allowed);
  });

  test("before users are loaded a key with a user is refused, one without is not", () => {
    expect(() => subjectOf(virtualKey({ userId: "ada" }), stores({}, false))).toThrow(
      expect.objectContaining({ status: 503 }),
    );
    expect(amounts(subjectOf(virtualKey({ keyId: "k" }), stores({}, false)))).toEqual([["key", "k", null]]);
  });

  test.each([
    ["key", virtualKey({ budgetId: "gone" })],
    ["user", virtualKey({ userId: "ada" })],
  ])("a budget that the %s refers to and nobody knows is 503, not no limit", (_name, key) => {
    const known = stores({ users: [user({ budgetId: "gone" })] });
    expect(() => subjectOf(key, known)).toThrow(
      expect.objectContaining({
        status: 503,
        code: "budget_unknown",
        message: expect.stringContaining("gone"),
      }),
    );
  });
});
