import type { VirtualKey } from "../../ports/key-store";

/** A row of `virtual_keys`, as the driver returns it: bigint columns are strings. */
export interface KeyRow {
  readonly key_id: string;
  readonly token_hash: string;
  readonly key_name: string;
  readonly key_alias: string | null;
  readonly user_id: string | null;
  readonly models: string[];
  readonly metadata: Record<string, unknown>;
  readonly expires_at: Date | null;
  readonly is_blocked: boolean;
  readonly max_budget_nano_usd: string | null;
  readonly budget_duration: string | null;
  readonly rpm_limit: string | null;
  readonly tpm_limit: string | null;
  readonly max_parallel_requests: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly created_by: string;
  readonly updated_by: string;
  readonly budget_id: string | null;
  readonly previous_token_hash: string | null;
  readonly previous_valid_until: Date | null;
  readonly deleted_at: Date | null;
  readonly version: string;
}

/** Database row → key. */
export function toVirtualKey(row: KeyRow): VirtualKey {
  return {
    keyId: row.key_id,
    tokenHash: row.token_hash,
    keyName: row.key_name,
    keyAlias: row.key_alias,
    userId: row.user_id,
    models: row.models,
    metadata: row.metadata,
    expiresAt: row.expires_at,
    isBlocked: row.is_blocked,
    maxBudgetNanoUsd: toNumber(row.max_budget_nano_usd),
    budgetDuration: row.budget_duration,
    rpmLimit: toNumber(row.rpm_limit),
    tpmLimit: toNumber(row.tpm_limit),
    maxParallelRequests: toNumber(row.max_parallel_requests),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by,
    updatedBy: row.updated_by,
    budgetId: row.budget_id,
    previousTokenHash: row.previous_token_hash,
    previousValidUntil: row.previous_valid_until,
  };
}

/** Exact: what is stored was a safe integer when it was written. */
export function toNumber(text: string | null): number | null {
  return text === null ? null : Number(text);
}
