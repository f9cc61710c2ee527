import { z } from "zod";
import { nanoUsdToUsd } from "../../../shared/nano-usd";
import { budgetNotFound } from "../../errors/catalogue";
import type { KeyStore, VirtualKey } from "../../store/key-store";
import type { NamedBudgetStore } from "../../store/named-budget-store";
import type { SpendBaselines } from "../../store/spend-reader";
import type { User, UserFields, UserStore } from "../../store/user-store";
import { queryInteger, reference } from "../fields";
import { compareText, selectPage } from "../route";

/** A user as management answers show it. */
export function describeUser(user: User, spentNanoUsd: number) {
  return {
    user_id: user.userId,
    user_email: user.userEmail,
    user_alias: user.userAlias,
    user_role: user.userRole,
    models: user.models,
    metadata: user.metadata,
    spend: nanoUsdToUsd(spentNanoUsd),
    max_budget: user.maxBudgetNanoUsd === null ? null : nanoUsdToUsd(user.maxBudgetNanoUsd),
    budget_duration: user.budgetDuration,
    budget_id: user.budgetId,
    rpm_limit: user.rpmLimit,
    tpm_limit: user.tpmLimit,
    max_parallel_requests: user.maxParallelRequests,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
    created_by: user.createdBy,
    updated_by: user.updatedBy,
  };
}

/** A user that keys name although nobody made it: only what its keys say of it. */
export function describeNamedUser(userId: string, spentNanoUsd: number) {
  return {
    user_id: userId,
    user_email: null,
    user_alias: null,
    user_role: null,
    models: [],
    metadata: {},
    spend: nanoUsdToUsd(spentNanoUsd),
    max_budget: null,
    budget_duration: null,
    budget_id: null,
    rpm_limit: null,
    tpm_limit: null,
    max_parallel_requests: null,
    created_at: null,
    updated_at: null,
    created_by: null,
    updated_by: null,
  };
}

/** `GET /user/list`. */
export const userListQuery = z.strictObject({
  page: queryInteger(1, 1_000_000, 1),
  page_size: queryInteger(1, 100, 25),
  role: reference(100).optional(),
  user_ids: reference(10_000).optional(),
  user_email: reference(320).optional(),
});

/** One page of the users that fit the query, by their ids. */
export async function listUsers(
  users: Iterable<User>,
  query: z.output<typeof userListQuery>,
): Promise<{ readonly page: readonly User[]; readonly total: number }> {
  const ids = query.user_ids === undefined ? undefined : new Set(query.user_ids.split(","));
  const email = query.user_email?.toLowerCase();
  const fitting: User[] = [];
  for (const user of users)
    if (
      (query.role === undefined || user.userRole === query.role) &&
      (ids === undefined || ids.has(user.userId)) &&
      (email === undefined || user.userEmail?.toLowerCase().includes(email) === true)
    )
      fitting.push(user);
  const start = (query.page - 1) * query.page_size;
  const page = await selectPage(
    fitting,
    (a, b) => compareText(a.userId, b.userId),
    start,
    start + query.page_size,
  );
  return { page, total: fitting.length };
}

/** The keys of a user, oldest first. */
export function keysOfUser(keys: KeyStore, userId: string): VirtualKey[] {
  const owned: VirtualKey[] = [];
  for (const key of keys.all()) if (key.userId === userId) owned.push(key);
  return owned.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

/**
 * A user's primary key: the one whose alias is the user's id. Set-up scripts create one for each user and put the user's
 * budget on it, so a change of the user's budget or spend must reach it as well.
 */
function findPrimaryKey(keys: KeyStore, userId: string): VirtualKey | undefined {
  const key = keys.findByAlias(userId);
  return key?.userId === userId ? key : undefined;
}

/** Changes to a user's budget and spend; what is left out stays. */
interface UserBudgetChange {
  /** nano-USD; `null`: no limit. */
  readonly maxBudgetNanoUsd?: number | null | undefined;
  /** nano-USD. */
  readonly spentNanoUsd?: number | undefined;
}

/**
 * Applies a change of a user's budget or spend to the user's primary key, when that key has a budget of its own.
 * @returns the key's id when it was changed
 * @throws StoreUnavailableError
 */
export async function syncPrimaryKeyBudget(
  stores: { readonly keys: KeyStore; readonly baselines: SpendBaselines },
  userId: string,
  change: UserBudgetChange,
  changedBy: string,
): Promise<string | undefined> {
  const key = findPrimaryKey(stores.keys, userId);
  if (key === undefined || key.maxBudgetNanoUsd === null) return undefined;
  const { maxBudgetNanoUsd, spentNanoUsd } = change;
  if (maxBudgetNanoUsd === undefined && spentNanoUsd === undefined) return undefined;
  if (maxBudgetNanoUsd !== undefined) {
    const updated = await stores.keys.update(key.keyId, changedBy, { maxBudgetNanoUsd });
    if (updated === undefined) return undefined;
  }
  if (spentNanoUsd !== undefined) await stores.baselines.set("key", key.keyId, spentNanoUsd);
  return key.keyId;
}

/**
 * A user's first budget, set without a period, inherits the period of the user's primary key: raising "10 a day" must not
 * make it "20 for ever".
 */
export function inheritKeyBudgetPeriod(
  stores: { readonly keys: KeyStore; readonly users: UserStore },
  userId: string,
  fields: UserFields,
): UserFields {
  if (fields.maxBudgetNanoUsd == null || fields.budgetDuration !== undefined) return fields;
  const user = stores.users.findById(userId);
  if (user != null && (user.maxBudgetNanoUsd !== null || user.budgetDuration !== null)) return fields;
  const key = findPrimaryKey(stores.keys, userId);
  return key?.budgetDuration == null ? fields : { ...fields, budgetDuration: key.budgetDuration };
}

/** @throws GatewayError 404 when a budget is named that does not exist */
export function requireBudget(budgets: NamedBudgetStore, budgetId: string | null | undefined): void {
  if (budgetId && budgets.findById(budgetId) === undefined) throw budgetNotFound();
}
