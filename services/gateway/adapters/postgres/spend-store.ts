import type { Pool, QueryResultRow } from "pg";
import type {
  DailySpend,
  SpendBaselines,
  SpendDimension,
  SpendFilter,
  SpendGroup,
  SpendLog,
  SpendPage,
  SpendPeriod,
  SpendReader,
} from "../../ports/spend-reader";
import { spendCondition } from "./spend-condition";
import { type DailyRow, type GroupRow, SPEND_LOG_COLUMNS, type SpendLogRow, toSpendLog } from "./spend-rows";
import { toStoreError } from "./to-store-error";

/** Column of `audit_log` or expression over it for each dimension; the only place where SQL text is chosen. */
const DIMENSIONS: Readonly<Record<SpendDimension, string>> = {
  key: "key_id::text",
  user: "user_id",
  model: "model_requested",
  day: "to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
};

/**
 * What was spent, summed from `audit_log`. Each query is limited by an index range, a row limit, or both, and
 * ends with the pool's time limit.
 */
export class PostgresSpendStore implements SpendReader, SpendBaselines {
  constructor(readonly pool: Pool) {}

  byKeys(keyIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#sums("key", "key_id = ANY($1::uuid[])", "key_id::text", keyIds);
  }

  byUsers(userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#sums("user", "user_id = ANY($1::text[])", "user_id", userIds);
  }

  async logs(filter: SpendFilter, page: SpendPage): Promise<readonly SpendLog[]> {
    const { sql, values } = spendCondition(filter, 3);
    return this.#read<SpendLog, SpendLogRow>(
      `SELECT ${SPEND_LOG_COLUMNS} FROM audit_log WHERE ${sql} ORDER BY started_at DESC, request_id LIMIT $1 OFFSET $2`,
      [page.limit, page.offset, ...values],
      toSpendLog,
    );
  }

  async daily(filter: SpendFilter, limit: number): Promise<readonly DailySpend[]> {
    const { sql, values } = spendCondition(filter, 2);
    return this.#read<DailySpend, DailyRow>(
      `SELECT ${DIMENSIONS.day} AS day, max(key_hash) AS key_hash, user_id, model_requested,
              coalesce(sum(cost_nano_usd), 0) AS spent
         FROM audit_log WHERE ${sql} GROUP BY 1, key_id, user_id, model_requested ORDER BY 1 LIMIT $1`,
      [limit, ...values],
      (row) => ({
        day: row.day,
        keyHash: row.key_hash,
        userId: row.user_id,
        model: row.model_requested,
        spentNanoUsd: Number(row.spent),
      }),
    );
  }

  async report(
    dimension: SpendDimension,
    period: SpendPeriod,
    limit: number,
  ): Promise<readonly SpendGroup[]> {
    const { sql, values } = spendCondition({ period }, 2);
    return this.#read<SpendGroup, GroupRow>(
      `SELECT ${DIMENSIONS[dimension]} AS value, max(key_hash) AS key_hash, max(key_alias) AS key_alias,
              coalesce(sum(cost_nano_usd), 0) AS spent, sum(1 + repeats) AS requests,
              sum(input_tokens + cache_read_tokens + cache_write_tokens) AS input, sum(output_tokens) AS output
         FROM audit_log WHERE ${sql} GROUP BY 1 ORDER BY ${dimension === "day" ? "1" : "4 DESC, 1"} LIMIT $1`,
      [limit, ...values],
      (row) => ({
        value: dimension === "key" ? row.key_hash : row.value,
        keyAlias: dimension === "key" ? row.key_alias : null,
        spentNanoUsd: Number(row.spent),
        requests: Number(row.requests),
        inputTokens: Number(row.input),
        outputTokens: Number(row.output),
      }),
    );
  }

  async total(period: SpendPeriod): Promise<number> {
    const { sql, values } = spendCondition({ period }, 1);
    const [spent = 0] = await this.#read<number, { spent: string }>(
      `SELECT coalesce(sum(cost_nano_usd), 0) AS spent FROM audit_log WHERE ${sql}`,
      values,
      (row) => Number(row.spent),
    );
    return spent;
  }

  async set(scope: "key" | "user", id: string, spentNanoUsd: number): Promise<void> {
    const condition = scope === "key" ? "key_id = $2::text::uuid" : "user_id = $2::text";
    await this.#read(
      `INSERT INTO spend_baselines (scope, id, adjust_nano_usd)
       SELECT $1::text, $2::text, $3::bigint - coalesce(sum(cost_nano_usd), 0) FROM audit_log
        WHERE ${condition}
       ON CONFLICT (scope, id) DO UPDATE SET adjust_nano_usd = EXCLUDED.adjust_nano_usd, set_at = now()`,
      [scope, id, spentNanoUsd],
      () => undefined,
    );
  }

  async #sums(
    scope: "key" | "user",
    condition: string,
    id: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#read<readonly [string, number], { id: string; spent: string }>(
      `SELECT id, sum(nano_usd) AS spent FROM (
         SELECT ${id} AS id, coalesce(sum(cost_nano_usd), 0) AS nano_usd FROM audit_log WHERE ${condition} GROUP BY 1
         UNION ALL
         SELECT id, adjust_nano_usd FROM spend_baselines WHERE scope = $2 AND id = ANY($1::text[])
       ) AS parts GROUP BY id`,
      [ids, scope],
      (row) => [row.id, Number(row.spent)] as const,
    );
    return new Map(rows);
  }

  async #read<Item, Row extends QueryResultRow>(
    sql: string,
    values: unknown[],
    toItem: (row: Row) => Item,
  ): Promise<Item[]> {
    try {
      return (await this.pool.query<Row>(sql, values)).rows.map(toItem);
    } catch (error) {
      throw toStoreError("spend not read", error);
    }
  }
}
