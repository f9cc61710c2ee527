import type { VirtualKey } from "../ports/key-store";
import { nanoUsdToUsd } from "../pricing/money";

/** A key as management answers show it: LiteLLM's field names, never the key itself. */
export function describeKey(key: VirtualKey, spentNanoUsd: number) {
  return {
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
    rpm_limit: key.rpmLimit,
    tpm_limit: key.tpmLimit,
    max_parallel_requests: key.maxParallelRequests,
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
    created_by: key.createdBy,
    updated_by: key.createdBy,
  };
}
