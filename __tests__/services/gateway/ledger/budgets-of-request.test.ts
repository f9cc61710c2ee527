import { allowanceOfKey, allowanceOfUser } from "../../../../services/gateway/ledger/allowances";
import { budgetForParallel, budgetsOf } from "../../../../services/gateway/ledger/budgets-of-request";
import { user, virtualKey } from "../../../support/services/holders";

const NOW = Date.parse("2026-11-24T13:00:00Z");
const DAY = "2026-11-24T00:00:00.000Z/2026-11-25T00:00:00.000Z";
const ofKey = allowanceOfKey(
  virtualKey({ keyId: "k", maxBudgetNanoUsd: 1, budgetDuration: "1d" }),
  undefined,
);
const ofUser = allowanceOfUser(user({ userId: "ada", maxBudgetNanoUsd: 2 }), undefined);
const NONE = { allowances: [], endUser: null, maxEndUserBudgetNano: undefined };

test("key, user and end user, in this order, each in its own period", () => {
  const budgets = budgetsOf({ allowances: [ofKey, ofUser], endUser: "eve", maxEndUserBudgetNano: 3 }, NOW);
  expect(budgets).toEqual([
    {
      scope: "key",
      account: "key:k",
      limitNano: 1,
      period: DAY,
      since: new Date("2026-11-24T00:00:00Z"),
      endsAt: new Date("2026-11-25T00:00:00Z"),
    },
    { scope: "user", account: "user:ada", limitNano: 2, period: "all", since: null, endsAt: null },
    { scope: "end_user", account: "end_user:eve", limitNano: 3, period: "all", since: null, endsAt: null },
  ]);
});

test("who has no budget is not charged", () => {
  expect(budgetsOf(NONE, NOW)).toEqual([]);
  const unlimited = allowanceOfKey(virtualKey(), undefined);
  expect(budgetsOf({ ...NONE, allowances: [unlimited], endUser: "eve" }, NOW)).toEqual([]);
});

test("places of a key and of a user of the same name are not the same", () => {
  expect(budgetForParallel("x", 2)).toMatchObject({ account: "parallel:key:x", limitNano: 2 });
  expect(budgetForParallel("x", 2, "user")).toMatchObject({ account: "parallel:user:x", limitNano: 2 });
});
