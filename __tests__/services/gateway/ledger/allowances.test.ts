import { allowanceOfKey, allowanceOfUser } from "../../../../services/gateway/ledger/allowances";
import { namedBudget, user, virtualKey } from "../../../support/services/holders";

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
