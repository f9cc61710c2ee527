import type { SpendLog } from "../../ports/spend-reader";

/** A row of the query for days; sums come as text. */
export interface DailyRow {
  day: string;
  key_hash: string | null;
  user_id: string | null;
  model_requested: string | null;
  spent: string;
}

/** A row of a report; sums and counts come as text. */
export interface GroupRow {
  value: string | null;
  key_hash: string | null;
  key_alias: string | null;
  spent: string;
  requests: string;
  input: string;
  output: string;
}

/** The columns of `audit_log` that a request is shown from. */
export interface SpendLogRow {
  request_id: string;
  started_at: Date;
  route: string;
  key_id: string | null;
  key_hash: string | null;
  key_alias: string | null;
  user_id: string | null;
  end_user: string | null;
  model_requested: string | null;
  model_used: string | null;
  deployment: string | null;
  status: number;
  input_tokens: string;
  output_tokens: string;
  cache_read_tokens: string;
  cache_write_tokens: string;
  cost_nano_usd: string | null;
  latency_ms: number;
}

/** Database row → request. */
export function toSpendLog(row: SpendLogRow): SpendLog {
  return {
    requestId: row.request_id,
    startedAt: row.started_at,
    route: row.route,
    keyId: row.key_id,
    keyHash: row.key_hash,
    keyAlias: row.key_alias,
    userId: row.user_id,
    endUser: row.end_user,
    modelRequested: row.model_requested,
    modelUsed: row.model_used,
    deployment: row.deployment,
    status: row.status,
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    cacheReadTokens: Number(row.cache_read_tokens),
    cacheWriteTokens: Number(row.cache_write_tokens),
    costNanoUsd: row.cost_nano_usd === null ? null : Number(row.cost_nano_usd),
    latencyMs: row.latency_ms,
  };
}
