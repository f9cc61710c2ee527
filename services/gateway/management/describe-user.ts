import type { User } from "../ports/user-store";
import { nanoUsdToUsd } from "../pricing/money";

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
