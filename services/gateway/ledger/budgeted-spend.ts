import type { Clock } from "../ports/clock";
import type { KeyStore, VirtualKey } from "../ports/key-store";
import type { SpendBaselines, SpendReader } from "../ports/spend-reader";
import { budgetsOf } from "./budgets-of-request";
import type { Ledger } from "./ledger";

/** What `budgetedSpend` puts together. */
export interface BudgetedSpendProps {
  readonly spend: SpendReader & SpendBaselines;
  readonly ledger: Pick<Ledger, "spentNano" | "setSpent">;
  readonly keys: Pick<KeyStore, "all">;
  readonly clock: Clock;
}

/**
 * Spend as it counts: a key with a budget has spent what its budget says in the current period, any other what its audit
 * rows add up to. Setting the spend of a key with a budget sets both, so that a key that was reset may go on.
 */
export function budgetedSpend({
  spend,
  ledger,
  keys,
  clock,
}: BudgetedSpendProps): SpendReader & SpendBaselines {
  const budgetOf = (key: VirtualKey) =>
    budgetsOf({ key, endUser: null, maxEndUserBudgetNano: undefined }, clock.now())[0];
  const budgetsOfKeys = (keyIds: readonly string[]) =>
    [...keys.all()].flatMap((key) => {
      const budget = keyIds.includes(key.keyId) ? budgetOf(key) : undefined;
      return budget === undefined ? [] : [{ keyId: key.keyId, budget }];
    });
  return {
    async byKeys(keyIds) {
      const spent = new Map(await spend.byKeys(keyIds));
      for (const { keyId, budget } of budgetsOfKeys(keyIds)) {
        const inPeriod = await ledger.spentNano(budget);
        // Not used yet in this period: then a budget with periods has nothing, one without what the rows say.
        if (inPeriod !== undefined) spent.set(keyId, inPeriod);
        else if (budget.since !== null) spent.set(keyId, 0);
      }
      return spent;
    },
    byUsers: (userIds) => spend.byUsers(userIds),
    logs: (filter, page) => spend.logs(filter, page),
    daily: (filter, limit) => spend.daily(filter, limit),
    report: (dimension, period, limit) => spend.report(dimension, period, limit),
    total: (period) => spend.total(period),
    async set(scope, id, spentNanoUsd) {
      await spend.set(scope, id, spentNanoUsd);
      if (scope !== "key") return;
      for (const { budget } of budgetsOfKeys([id])) await ledger.setSpent(budget, spentNanoUsd);
    },
  };
}
