import { keysNotLoaded, namedBudgetMissing } from "../errors/catalogue";
import type { Limits, VirtualKey } from "../store/key-store";
import type { NamedBudget, NamedBudgetStore } from "../store/named-budget-store";
import type { User, UserStore } from "../store/user-store";

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

/** A virtual key, whom it belongs to, and what both may use. */
export interface KeySubject {
  readonly key: VirtualKey;
  /** `undefined`: the key has no user, or names one that nobody made; then the user has no limits. */
  readonly user: User | undefined;
  /** Names of the models that it is restricted to, by the key and by its user. `undefined`: all; none is possible too. */
  readonly models: readonly string[] | undefined;
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
  if (key.userId !== null && !users.isReady) throw keysNotLoaded();
  const user = key.userId === null ? undefined : users.findById(key.userId);
  const models = modelsOf(key, user);
  if (user === undefined) return { key, user, models, allowances: [ofKey] };
  return { key, user, models, allowances: [ofKey, allowanceOfUser(user, budgetOf(user))] };
}

function modelsOf({ models: ofKey }: VirtualKey, user: User | undefined): readonly string[] | undefined {
  const ofUser = user?.models ?? [];
  if (ofKey.length === 0) return ofUser.length === 0 ? undefined : ofUser;
  return ofUser.length === 0 ? ofKey : ofKey.filter((name) => ofUser.includes(name));
}
