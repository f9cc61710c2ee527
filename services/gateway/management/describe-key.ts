import type { VirtualKey } from "../ports/key-store";
import { nanoUsdToUsd } from "../pricing/money";

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
