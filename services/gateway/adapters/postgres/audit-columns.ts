import type { AuditRow } from "../../ports/audit-log";
import { arrayLiteral, type Element } from "./array-literal";

/** The columns of `audit_log`: name, SQL type and where the value comes from. The INSERT is built from this list. */
const COLUMNS: readonly (readonly [name: string, type: string, value: (row: AuditRow) => Element])[] = [
  ["request_id", "uuid", (row) => row.requestId],
  ["started_at", "timestamptz", (row) => row.startedAt.toISOString()],
  ["caller_kind", "text", (row) => row.callerKind],
  ["key_id", "uuid", (row) => row.keyId],
  ["key_hash", "text", (row) => row.keyHash],
  ["key_alias", "text", (row) => row.keyAlias],
  ["user_id", "text", (row) => row.userId],
  // With a default: an intent that was written before the column was there does not hold it.
  ["workspace", "text", (row) => row.workspace ?? null],
  ["scope", "text", (row) => row.scope ?? null],
  ["end_user", "text", (row) => row.endUser],
  ["route", "text", (row) => row.route],
  ["model_requested", "text", (row) => row.modelRequested],
  ["model_used", "text", (row) => row.modelUsed],
  ["deployment", "text", (row) => row.deployment],
  ["attempts", "int", (row) => row.attempts],
  ["status", "int", (row) => row.status],
  ["error_type", "text", (row) => row.errorType],
  ["input_tokens", "bigint", (row) => row.inputTokens],
  ["output_tokens", "bigint", (row) => row.outputTokens],
  ["reasoning_tokens", "bigint", (row) => row.reasoningTokens ?? 0],
  ["cache_read_tokens", "bigint", (row) => row.cacheReadTokens],
  ["cache_write_tokens", "bigint", (row) => row.cacheWriteTokens],
  ["cache_write_1h_tokens", "bigint", (row) => row.cacheWrite1hTokens],
  ["web_searches", "int", (row) => row.webSearches ?? 0],
  ["is_usage_estimated", "boolean", (row) => row.isUsageEstimated],
  ["cost_nano_usd", "bigint", (row) => row.costNanoUsd],
  ["latency_ms", "int", (row) => boundedMs(row.latencyMs)],
  ["ttft_ms", "int", (row) => (row.ttftMs === null ? null : boundedMs(row.ttftMs))],
  ["is_stream", "boolean", (row) => row.isStream],
  ["user_agent", "text", (row) => row.userAgent],
  ["client", "text", (row) => row.client ?? null],
  ["session_id", "text", (row) => row.sessionId ?? null],
  ["enforcement_level", "text", (row) => row.enforcementLevel ?? null],
  ["prompt_hash", "text", (row) => row.promptHash ?? null],
  ["actor", "text", (row) => row.actor],
  ["target", "text", (row) => row.target],
  ["changed", "text", (row) => row.changed],
  ["repeats", "int", (row) => row.repeats ?? 0],
];

/** A row must not be refused because a clock was set years ahead while its request ran. */
const boundedMs = (ms: number): number => Math.min(ms, 2_147_483_647);

/** How many parameters the rows take. */
export const AUDIT_COLUMN_COUNT = COLUMNS.length;

/**
 * One statement for a batch of any size; a row that is there already is skipped, so a batch may be repeated.
 * @param condition for all rows, evaluated before any is written
 */
export const insertAuditRows = (condition: string): string => `
  INSERT INTO audit_log (${COLUMNS.map(([name]) => name).join(", ")})
  SELECT * FROM unnest(${COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(", ")})
   WHERE ${condition}
  ON CONFLICT (request_id, started_at) DO NOTHING`;

/** The rows of a batch as `given`, from the same parameters as `insertAuditRows`. */
export const GIVEN_ROWS = `
  given AS (
    SELECT * FROM unnest(${COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(", ")})
        AS given(${COLUMNS.map(([name]) => name).join(", ")})
  )`;

/** Takes over everything of a row in `given` but what names it. */
export const SET_FROM_GIVEN = COLUMNS.map(([name]) => name)
  .filter((name) => name !== "request_id" && name !== "started_at")
  .map((name) => `${name} = given.${name}`)
  .join(", ");

/** Rows → one array for each column, in the order of the statement. */
export function toColumns(rows: readonly AuditRow[]): string[] {
  return COLUMNS.map(([, , value]) => arrayLiteral(rows, value));
}
