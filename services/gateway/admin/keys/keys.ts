import type { z } from "zod";
import { nanoUsdToUsd } from "../../../shared/nano-usd";
import { databaseUnavailable, keyNotFound, keyTaken } from "../../errors/catalogue";
import { generateKey, hashKey, KEY_PREFIX, type MasterKeys, maskKey } from "../../identity/keys";
import type { KeyStore, VirtualKey } from "../../store/key-store";
import { compareText, selectPage } from "../route";
import { type KeySettings, type keyListQuery, toKeyChanges } from "./bodies";

/** A key as management answers show it: LiteLLM's field names, never the key itself. */
export function describeKey(key: VirtualKey, spentNanoUsd: number) {
  return {
    key_id: key.keyId,
    key_name: key.keyName,
    key_alias: key.keyAlias,
    user_id: key.userId,
    models: key.models,
    metadata: key.metadata,
    spend: nanoUsdToUsd(spentNanoUsd),
    expires: key.expiresAt?.toISOString() ?? null,
    blocked: key.isBlocked,
    max_budget: key.maxBudgetNanoUsd === null ? null : nanoUsdToUsd(key.maxBudgetNanoUsd),
    budget_duration: key.budgetDuration,
    budget_id: key.budgetId,
    rpm_limit: key.rpmLimit,
    tpm_limit: key.tpmLimit,
    max_parallel_requests: key.maxParallelRequests,
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
    created_by: key.createdBy,
    updated_by: key.updatedBy,
  };
}

/** A key together with its hash, for answers to those who manage keys. */
export function describeKeyWithToken(key: VirtualKey, spentNanoUsd: number) {
  return { token: key.tokenHash, ...describeKey(key, spentNanoUsd) };
}

/** The answer to making a key: the only one that holds the key itself. */
export function describeNewKey(raw: string, key: VirtualKey, spentNanoUsd: number) {
  return { key: raw, token_id: key.tokenHash, ...describeKeyWithToken(key, spentNanoUsd) };
}

/** A key by itself, by its hash or by its id: scripts use the first two. */
export function findKey(keys: KeyStore, reference: string): VirtualKey | undefined {
  return (
    keys.findByHash(reference.startsWith(KEY_PREFIX) ? hashKey(reference) : reference) ??
    keys.findById(reference)
  );
}

/** What a call names a key by. */
export interface KeyReference {
  readonly key?: string | null | undefined;
  readonly key_alias?: string | null | undefined;
}

/** @throws GatewayError 404, or 503 while the keys are not loaded */
export function requireKey(keys: KeyStore, { key, key_alias: alias }: KeyReference): VirtualKey {
  const found = key ? findKey(keys, key) : alias ? keys.findByAlias(alias) : undefined;
  if (found === undefined) throw keys.isReady ? keyNotFound() : databaseUnavailable();
  return found;
}

/** What the making of a key needs. */
interface KeyMaker {
  readonly keys: KeyStore;
  readonly masterKeys: MasterKeys;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly createdBy: string;
}

/**
 * Makes a key, with a secret of the caller's choice or a new one.
 * @returns the secret, which nobody can show again, and what is stored
 * @throws GatewayError 400 for the master key; AliasTakenError, KeyTakenError, StoreUnavailableError
 */
export async function makeKey(
  { keys, masterKeys, now, createdBy }: KeyMaker,
  settings: KeySettings,
  chosen?: string | null,
): Promise<{ readonly raw: string; readonly key: VirtualKey }> {
  const raw = chosen ?? generateKey();
  if (masterKeys.includes(raw)) throw keyTaken();
  const given = toKeyChanges(settings, now);
  const key = await keys.create({
    tokenHash: hashKey(raw),
    keyName: maskKey(raw),
    keyAlias: given.keyAlias ?? null,
    userId: given.userId ?? null,
    models: given.models ?? [],
    metadata: given.metadata ?? {},
    expiresAt: given.expiresAt ?? null,
    maxBudgetNanoUsd: given.maxBudgetNanoUsd ?? null,
    budgetDuration: given.budgetDuration ?? null,
    budgetId: given.budgetId ?? null,
    rpmLimit: given.rpmLimit ?? null,
    tpmLimit: given.tpmLimit ?? null,
    maxParallelRequests: given.maxParallelRequests ?? null,
    createdBy,
  });
  return { raw, key };
}

type Query = z.output<typeof keyListQuery>;

/** One page of the keys that fit the query. Text is in the order of its code units, capitals first. */
export async function listKeys(
  keys: Iterable<VirtualKey>,
  query: Query,
): Promise<{ readonly page: readonly VirtualKey[]; readonly total: number }> {
  const fitting: VirtualKey[] = [];
  for (const key of keys)
    if (
      (query.user_id === undefined || key.userId === query.user_id) &&
      (query.key_alias === undefined || key.keyAlias === query.key_alias) &&
      (query.key_hash === undefined || key.tokenHash === query.key_hash) &&
      (query.blocked === undefined || key.isBlocked === query.blocked)
    )
      fitting.push(key);
  const direction = query.sort_order === "asc" ? 1 : -1;
  const start = (query.page - 1) * query.size;
  const page = await selectPage(
    fitting,
    // The id settles ties, so that pages do not overlap.
    (a, b) => direction * (compare(a, b, query.sort_by) || compareText(a.keyId, b.keyId)),
    start,
    start + query.size,
  );
  return { page, total: fitting.length };
}

function compare(a: VirtualKey, b: VirtualKey, by: Query["sort_by"]): number {
  if (by === "created_at") return a.createdAt.getTime() - b.createdAt.getTime();
  if (by === "updated_at") return a.updatedAt.getTime() - b.updatedAt.getTime();
  const [left, right] = by === "key_alias" ? [a.keyAlias, b.keyAlias] : [a.userId, b.userId];
  return compareText(left ?? "", right ?? "");
}
