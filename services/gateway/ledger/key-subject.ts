import { keysNotLoaded, namedBudgetMissing } from "../errors";
import type { VirtualKey } from "../ports/key-store";
import type { NamedBudget, NamedBudgetStore } from "../ports/named-budget-store";
import type { User, UserStore } from "../ports/user-store";
import { type Allowance, allowanceOfKey, allowanceOfUser } from "./allowances";

/** A virtual key, whom it belongs to, and what both may use. */
export interface KeySubject {
  readonly key: VirtualKey;
  /** `undefined`: the key has no user, or names one that nobody made; then the user has no limits. */
  readonly user: User | undefined;
  /** Of the key, then of its user. */
  readonly allowances: readonly Allowance[];
}

/** Where limits are looked up, in memory. */
export interface SubjectStores {
  readonly users: Pick<UserStore, "isReady" | "findById">;
  readonly namedBudgets: Pick<NamedBudgetStore, "findById">;
}

/**
 * Puts a key together with its user and the limits of both.
 * @throws GatewayError 503 while users are not loaded, or when a budget that is referred to is not known: a limit
 * that cannot be looked up must not be taken for no limit
 */
export function subjectOf(key: VirtualKey, { users, namedBudgets }: SubjectStores): KeySubject {
  const budgetOf = ({ budgetId }: { budgetId: string | null }): NamedBudget | undefined => {
    if (budgetId === null) return undefined;
    const budget = namedBudgets.findById(budgetId);
    if (budget === undefined) throw namedBudgetMissing(budgetId);
    return budget;
  };
  const ofKey = allowanceOfKey(key, budgetOf(key));
  if (key.userId === null) return { key, user: undefined, allowances: [ofKey] };
  if (!users.isReady) throw keysNotLoaded();
  const user = users.findById(key.userId);
  if (user === undefined) return { key, user, allowances: [ofKey] };
  return { key, user, allowances: [ofKey, allowanceOfUser(user, budgetOf(user))] };
}
