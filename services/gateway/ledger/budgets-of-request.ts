import type { VirtualKey } from "../ports/key-store";
import type { AppliedBudget } from "./lease-epoch";
import { type BudgetPeriod, periodAt } from "./period";

/** Whose budget it is, as errors name it. */
export type BudgetScope = "key" | "user" | "end_user";

/** A budget that a request is charged to. */
export interface BudgetAccount extends AppliedBudget {
  readonly scope: BudgetScope;
  readonly endsAt: Date | null;
}

/** What decides which budgets a request has. */
export interface BudgetSubject {
  /** `undefined` for the master key, which has no budget. */
  readonly key: VirtualKey | undefined;
  readonly endUser: string | null;
  /** `litellm_settings.max_end_user_budget`, in nano-USD. `undefined`: none. */
  readonly maxEndUserBudgetNano: number | undefined;
}

/** The budgets of a request, in the fixed order key, user, end user. */
export function budgetsOf(subject: BudgetSubject, nowMs: number): BudgetAccount[] {
  const { key, endUser, maxEndUserBudgetNano } = subject;
  const budgets: BudgetAccount[] = [];
  if (key !== undefined && key.maxBudgetNanoUsd !== null)
    budgets.push(toAccount("key", key.keyId, key.maxBudgetNanoUsd, periodAt(key.budgetDuration, nowMs)));
  if (endUser !== null && maxEndUserBudgetNano !== undefined)
    budgets.push(toAccount("end_user", endUser, maxEndUserBudgetNano, periodAt(null, nowMs)));
  return budgets;
}

/**
 * Places for requests at the same time, kept like a budget of which nothing is ever spent: so they are shared between
 * gateways, and those of a dead one come back.
 */
export function budgetForParallel(keyId: string, limit: number): AppliedBudget {
  return { account: `parallel:key:${keyId}`, period: "all", limitNano: limit, since: null };
}

function toAccount(scope: BudgetScope, id: string, limitNano: number, period: BudgetPeriod): BudgetAccount {
  return {
    scope,
    account: `${scope}:${id}`,
    limitNano,
    period: period.id,
    since: period.startsAt,
    endsAt: period.endsAt,
  };
}
