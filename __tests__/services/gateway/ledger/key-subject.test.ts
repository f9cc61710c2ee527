import { subjectOf } from "../../../../services/gateway/ledger/key-subject";
import type { NamedBudget } from "../../../../services/gateway/ports/named-budget-store";
import type { User } from "../../../../services/gateway/ports/user-store";
import { namedBudget, user, virtualKey } from "../../../support/services/holders";

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
