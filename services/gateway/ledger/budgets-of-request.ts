import type { Allowance } from "./allowances";
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
  /** Of the key and its user; empty for the master key, which has no budget. */
  readonly allowances: readonly Allowance[];
  readonly endUser: string | null;
  /** `litellm_settings.max_end_user_budget`, in nano-USD. `undefined`: none. */
  readonly maxEndUserBudgetNano: number | undefined;
}

/** The budgets of a request, in the fixed order key, user, end user. */
export function budgetsOf(subject: BudgetSubject, nowMs: number): BudgetAccount[] {
  const { allowances, endUser, maxEndUserBudgetNano } = subject;
  const budgets: BudgetAccount[] = [];
  for (const allowance of allowances) {
    const budget = budgetOf(allowance, nowMs);
    if (budget !== undefined) budgets.push(budget);
  }
  if (endUser !== null && maxEndUserBudgetNano !== undefined)
    budgets.push(toAccount("end_user", endUser, maxEndUserBudgetNano, periodAt(null, nowMs)));
  return budgets;
}

/** The budget of a key or user in its current period. @returns `undefined` when there is none */
export function budgetOf(allowance: Allowance, nowMs: number): BudgetAccount | undefined {
  const { scope, id, maxBudgetNanoUsd, budgetDuration } = allowance;
  if (maxBudgetNanoUsd === null) return undefined;
  return toAccount(scope, id, maxBudgetNanoUsd, periodAt(budgetDuration, nowMs));
}

/**
 * Places for requests at the same time, kept like a budget of which nothing is ever spent: so they are shared between
 * gateways, and those of a dead one come back.
 */
export function budgetForParallel(id: string, limit: number, scope: "key" | "user" = "key"): AppliedBudget {
  return { account: `parallel:${scope}:${id}`, period: "all", limitNano: limit, since: null };
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
