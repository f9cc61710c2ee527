import type { Clock } from "../../../shared/clock";
import { allowanceOfKey, allowanceOfUser } from "../../identity/allowances";
import type { KeyStore } from "../../store/key-store";
import type { NamedBudgetStore } from "../../store/named-budget-store";
import type { SpendBaselines, SpendReader } from "../../store/spend-reader";
import type { UserStore } from "../../store/user-store";
import { type BudgetAccount, budgetOf } from "./budgets-of-request";
import type { Ledger } from "./ledger";

/** What `budgetedSpend` puts together. */
export interface BudgetedSpendProps {
  readonly spend: SpendReader & SpendBaselines;
  readonly ledger: Pick<Ledger, "spentNano" | "setSpent">;
  readonly keys: Pick<KeyStore, "findById">;
  readonly users: Pick<UserStore, "findById">;
  readonly namedBudgets: Pick<NamedBudgetStore, "findById">;
  readonly clock: Clock;
}

/**
 * Spend as it counts: a key or user with a budget has spent what its budget says in the current period, any other what its
 * audit rows add up to. Setting the spend of one with a budget sets both, so that a key that was reset may go on.
 */
export function budgetedSpend({
  spend,
  ledger,
  keys,
  users,
  namedBudgets,
  clock,
}: BudgetedSpendProps): SpendReader & SpendBaselines {
  const named = (budgetId: string | null) =>
    budgetId === null ? undefined : namedBudgets.findById(budgetId);
  const budgetOfKey = (id: string) => {
    const key = keys.findById(id);
    return key === undefined ? undefined : budgetOf(allowanceOfKey(key, named(key.budgetId)), clock.now());
  };
  const budgetOfUser = (id: string) => {
    const user = users.findById(id);
    return user === undefined
      ? undefined
      : budgetOf(allowanceOfUser(user, named(user.budgetId)), clock.now());
  };
  const inPeriods = async (
    sums: ReadonlyMap<string, number>,
    ids: readonly string[],
    find: (id: string) => BudgetAccount | undefined,
  ) => {
    const spent = new Map(sums);
    // Together: those of a page are one statement.
    const budgets = ids.flatMap((id) => {
      const budget = find(id);
      return budget === undefined ? [] : [{ id, budget }];
    });
    const asked = budgets.map(async (one) => ({ ...one, inPeriod: await ledger.spentNano(one.budget) }));
    for (const { id, budget, inPeriod } of await Promise.all(asked)) {
      // Not used yet in this period: then a budget with periods has nothing, one without what the rows say.
      if (inPeriod !== undefined) spent.set(id, inPeriod);
      else if (budget.since !== null) spent.set(id, 0);
    }
    return spent;
  };
  return {
    byKeys: async (keyIds) => inPeriods(await spend.byKeys(keyIds), keyIds, budgetOfKey),
    byUsers: async (userIds) => inPeriods(await spend.byUsers(userIds), userIds, budgetOfUser),
    logs: (filter, page) => spend.logs(filter, page),
    daily: (filter) => spend.daily(filter),
    report: (dimension, period, limit) => spend.report(dimension, period, limit),
    total: (period) => spend.total(period),
    async set(scope, id, spentNanoUsd) {
      await spend.set(scope, id, spentNanoUsd);
      const budget = scope === "key" ? budgetOfKey(id) : budgetOfUser(id);
      if (budget !== undefined) await ledger.setSpent(budget, spentNanoUsd);
    },
  };
}
