import type { SpendDimension, SpendGroup, SpendLog } from "../spend-reader";

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
  cache_read: string;
  cache_write: string;
  /** Of the groups that come after this one. */
  groups_after: string;
  spent_after: string;
}

/** Database row → group. A key is shown by its hash, and only a key has an alias. */
export function toSpendGroup(row: GroupRow, dimension: SpendDimension): SpendGroup {
  return {
    value: dimension === "key" ? row.key_hash : row.value,
    keyAlias: dimension === "key" ? row.key_alias : null,
    spentNanoUsd: Number(row.spent),
    requests: Number(row.requests),
    inputTokens: Number(row.input),
    outputTokens: Number(row.output),
    cacheReadTokens: Number(row.cache_read),
    cacheWriteTokens: Number(row.cache_write),
  };
}

/** The columns of `audit_log` that a request is shown from, as the query names them. */
export const SPEND_LOG_COLUMNS = `request_id, started_at, route, key_id, key_hash, key_alias, user_id, workspace, scope,
  end_user, client, session_id, enforcement_level, prompt_hash, model_requested, model_used, deployment, attempts, status,
  error_type, input_tokens, output_tokens, reasoning_tokens, cache_read_tokens, cache_write_tokens,
  cache_write_1h_tokens, web_searches, is_usage_estimated, cost_nano_usd, latency_ms, ttft_ms, repeats`;

/** A row of those columns. */
export interface SpendLogRow {
  request_id: string;
  started_at: Date;
  route: string;
  key_id: string | null;
  key_hash: string | null;
  key_alias: string | null;
  user_id: string | null;
  workspace: string | null;
  scope: string | null;
  end_user: string | null;
  client: string | null;
  session_id: string | null;
  enforcement_level: string | null;
  prompt_hash: string | null;
  model_requested: string | null;
  model_used: string | null;
  deployment: string | null;
  attempts: number;
  status: number;
  error_type: string | null;
  input_tokens: string;
  output_tokens: string;
  reasoning_tokens: string;
  cache_read_tokens: string;
  cache_write_tokens: string;
  cache_write_1h_tokens: string;
  web_searches: number;
  is_usage_estimated: boolean;
  cost_nano_usd: string | null;
  latency_ms: number;
  ttft_ms: number | null;
  repeats: number;
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
    workspace: row.workspace,
    scope: row.scope,
    endUser: row.end_user,
    client: row.client,
    sessionId: row.session_id,
    enforcementLevel: row.enforcement_level,
    promptHash: row.prompt_hash,
    modelRequested: row.model_requested,
    modelUsed: row.model_used,
    deployment: row.deployment,
    attempts: row.attempts,
    status: row.status,
    errorType: row.error_type,
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    reasoningTokens: Number(row.reasoning_tokens),
    cacheReadTokens: Number(row.cache_read_tokens),
    cacheWriteTokens: Number(row.cache_write_tokens),
    cacheWrite1hTokens: Number(row.cache_write_1h_tokens),
    webSearches: row.web_searches,
    isUsageEstimated: row.is_usage_estimated,
    costNanoUsd: row.cost_nano_usd === null ? null : Number(row.cost_nano_usd),
    latencyMs: row.latency_ms,
    ttftMs: row.ttft_ms,
    repeats: row.repeats,
  };
}
