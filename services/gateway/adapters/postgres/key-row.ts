import type { VirtualKey } from "../../ports/key-store";
import { type AuthorshipRow, toAuthorship } from "./authorship-row";
import { type LimitsRow, toLimits } from "./limits-row";
import type { ReplicatedRow } from "./replicated-table";

/** A row of `virtual_keys`, as the driver returns it: bigint columns are strings. */
export interface KeyRow extends ReplicatedRow, LimitsRow, AuthorshipRow {
  readonly key_id: string;
  readonly token_hash: string;
  readonly key_name: string;
  readonly key_alias: string | null;
  readonly user_id: string | null;
  readonly models: string[];
  readonly metadata: Record<string, unknown>;
  readonly expires_at: Date | null;
  readonly is_blocked: boolean;
  readonly budget_id: string | null;
  readonly previous_token_hash: string | null;
  readonly previous_valid_until: Date | null;
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
    ...toLimits(row),
    ...toAuthorship(row),
    budgetId: row.budget_id,
    previousTokenHash: row.previous_token_hash,
    previousValidUntil: row.previous_valid_until,
  };
}
