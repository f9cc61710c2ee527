import { budgetedSpend } from "../../../../../services/gateway/money/ledger/budgeted-spend";
import type { BudgetId } from "../../../../../services/gateway/store/budget-store";
import { namedBudget, user, virtualKey } from "../../../../support/services/holders";

const NOW = Date.parse("2026-02-03T10:00:00Z");
const DAY = "2026-02-03T00:00:00.000Z/2026-02-04T00:00:00.000Z";

const KEYS = [
  virtualKey({ keyId: "free" }),
  virtualKey({ keyId: "for-ever", maxBudgetNanoUsd: 100 }),
  virtualKey({ keyId: "daily", maxBudgetNanoUsd: 100, budgetDuration: "1d" }),
  virtualKey({ keyId: "of-team", budgetId: "team" }),
];
const USERS = [user({ userId: "ada", maxBudgetNanoUsd: 100, budgetDuration: "1d" })];
const TEAM = namedBudget({ budgetId: "team", maxBudgetNanoUsd: 50 });

/** @param inPeriods what the ledger knows, by account and period */
function open(inPeriods: Record<string, number>) {
  const rows = new Map<string, number>();
  const baselines: unknown[] = [];
  const ledgerSet: unknown[] = [];
  const nameOf = ({ account, period }: BudgetId) => `${account} ${period}`;
  const spend = budgetedSpend({
    spend: {
      byKeys: async (ids: readonly string[]) => new Map(ids.map((id) => [id, rows.get(id) ?? 7])),
      byUsers: async (ids: readonly string[]) => new Map(ids.map((id) => [id, rows.get(id) ?? 7])),
      set: async (...args: unknown[]) => void baselines.push(args),
      total: async () => 11,
    } as never,
    ledger: {
      spentNano: async (budget) => inPeriods[nameOf(budget)],
      setSpent: async (budget, spentNano) => void ledgerSet.push([nameOf(budget), spentNano]),
    },
    keys: { findById: (id) => KEYS.find(({ keyId }) => keyId === id) },
    users: { findById: (id) => USERS.find(({ userId }) => userId === id) },
    namedBudgets: { findById: (id) => (id === "team" ? TEAM : undefined) },
    clock: { now: () => NOW },
  });
  return { spend, baselines, ledgerSet };
}

test("a key without a budget has spent what its rows say, one with a budget what that says in this period", async () => {
  const { spend } = open({ "key:for-ever all": 1, [`key:daily ${DAY}`]: 2, "key:of-team all": 3 });
  const ids = ["free", "for-ever", "daily", "of-team", "unknown"];
  expect(Object.fromEntries(await spend.byKeys(ids))).toEqual({
    free: 7,
    "for-ever": 1,
    daily: 2,
    "of-team": 3,
    unknown: 7,
  });
});

test("a budget that was not used yet has nothing in its period; one without periods has what the rows say", async () => {
  const { spend } = open({});
  expect(Object.fromEntries(await spend.byKeys(["for-ever", "daily"]))).toEqual({ "for-ever": 7, daily: 0 });
  expect(Object.fromEntries(await spend.byUsers(["ada", "bob"]))).toEqual({ ada: 0, bob: 7 });
});

test("what is set is set for the rows, and for the budget where there is one", async () => {
  const { spend, baselines, ledgerSet } = open({});
  await spend.set("key", "free", 1);
  await spend.set("key", "daily", 2);
  await spend.set("user", "ada", 3);
  expect(baselines).toEqual([
    ["key", "free", 1],
    ["key", "daily", 2],
    ["user", "ada", 3],
  ]);
  expect(ledgerSet).toEqual([
    [`key:daily ${DAY}`, 2],
    [`user:ada ${DAY}`, 3],
  ]);
});

test("sums over all are of the rows alone", async () => {
  const { spend } = open({ "key:for-ever all": 1 });
  await expect(spend.total({} as never)).resolves.toBe(11);
});
