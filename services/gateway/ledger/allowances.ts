import type { VirtualKey } from "../ports/key-store";
import type { Limits } from "../ports/limits";
import type { NamedBudget } from "../ports/named-budget-store";
import type { User } from "../ports/user-store";

/** What a key, or the user that it belongs to, may use. */
export interface Allowance extends Limits {
  readonly scope: "key" | "user";
  /** Key id or user id. */
  readonly id: string;
}

/** What a key may use. @param budget the one its `budgetId` refers to */
export function allowanceOfKey(key: VirtualKey, budget: NamedBudget | undefined): Allowance {
  return { scope: "key", id: key.keyId, ...limitsOf(key, budget) };
}

/** What all keys of a user may use together. @param budget the one its `budgetId` refers to */
export function allowanceOfUser(user: User, budget: NamedBudget | undefined): Allowance {
  return { scope: "user", id: user.userId, ...limitsOf(user, budget) };
}

/**
 * The owner's own limits, and the named budget's where the owner has none. A period belongs to an amount: one that
 * is the owner's own is not given the named budget's period.
 */
function limitsOf(own: Limits, budget: NamedBudget | undefined): Limits {
  return {
    maxBudgetNanoUsd: own.maxBudgetNanoUsd ?? budget?.maxBudgetNanoUsd ?? null,
    budgetDuration:
      own.maxBudgetNanoUsd === null
        ? (own.budgetDuration ?? budget?.budgetDuration ?? null)
        : own.budgetDuration,
    rpmLimit: own.rpmLimit ?? budget?.rpmLimit ?? null,
    tpmLimit: own.tpmLimit ?? budget?.tpmLimit ?? null,
    maxParallelRequests: own.maxParallelRequests ?? budget?.maxParallelRequests ?? null,
  };
}
