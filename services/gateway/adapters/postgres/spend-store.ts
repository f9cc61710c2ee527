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
  SpendReport,
} from "../../ports/spend-reader";
import { SPEND_BY_DAY, SPEND_OF_ROWS } from "./spend-by-day";
import { daySpendCondition, spendCondition } from "./spend-condition";
import { type DailyRow, type GroupRow, SPEND_LOG_COLUMNS, type SpendLogRow, toSpendLog } from "./spend-rows";
import { toStoreError } from "./to-store-error";

/** Expression over the sums of days for each dimension; the only place where SQL text is chosen. */
const DIMENSIONS: Readonly<Record<SpendDimension, string>> = {
  key: "key_id::text",
  user: "user_id",
  model: "model_requested",
  day: "day::text",
};

const DAY_MS = 86_400_000;

/**
 * What was spent: requests from `audit_log`, sums from those of the days, which are exact in every snapshot. Each query ends with
 * the pool's time limit.
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

  async *daily(filter: SpendFilter & { readonly period: SpendPeriod }): AsyncGenerator<DailySpend[]> {
    const { keyId, keyHash, userId, requestId, period } = filter;
    // What all spent on a day may be a lot, what one key or user did is not.
    const isNarrow = [keyId, keyHash, userId, requestId].some((value) => value !== undefined);
    for (const part of isNarrow ? [period] : daysOf(period)) {
      const days = await this.#dailyAtOnce({ ...filter, period: part });
      if (days.length > 0) yield days;
    }
  }

  #dailyAtOnce(filter: SpendFilter): Promise<DailySpend[]> {
    const { sql, values } = daySpendCondition(filter, 1);
    return this.#read<DailySpend, DailyRow>(
      `SELECT ${DIMENSIONS.day} AS day, max(key_hash) AS key_hash, user_id, model_requested, sum(cost_nano_usd) AS spent
         FROM ${filter.requestId === undefined ? SPEND_BY_DAY : SPEND_OF_ROWS} WHERE ${sql}
        GROUP BY spend.day, key_id, user_id, model_requested HAVING sum(requests) <> 0 ORDER BY 1`,
      values,
      (row) => ({
        day: row.day,
        keyHash: row.key_hash,
        userId: row.user_id,
        model: row.model_requested,
        spentNanoUsd: Number(row.spent),
      }),
    );
  }

  async report(dimension: SpendDimension, period: SpendPeriod, limit: number): Promise<SpendReport> {
    const { sql, values } = daySpendCondition({ period }, 2);
    let leftOff = { groups: 0, spentNanoUsd: 0 };
    const groups = await this.#read<SpendGroup, GroupRow>(
      `SELECT ${DIMENSIONS[dimension]} AS value, max(key_hash) AS key_hash, max(key_alias) AS key_alias,
              sum(cost_nano_usd) AS spent, sum(requests) AS requests,
              sum(input_tokens + cache_read_tokens + cache_write_tokens) AS input, sum(output_tokens) AS output,
              sum(cache_read_tokens) AS cache_read, sum(cache_write_tokens) AS cache_write,
              count(*) OVER () AS all_groups, sum(sum(cost_nano_usd)) OVER () AS all_spent
         FROM ${SPEND_BY_DAY} WHERE ${sql} GROUP BY 1 HAVING sum(requests) <> 0
        ORDER BY ${dimension === "day" ? "1" : "4 DESC, 1"} LIMIT $1`,
      [limit, ...values],
      (row) => {
        leftOff = { groups: Number(row.all_groups), spentNanoUsd: Number(row.all_spent) };
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
      },
    );
    for (const { spentNanoUsd } of groups) leftOff.spentNanoUsd -= spentNanoUsd;
    return { groups, leftOff: { ...leftOff, groups: leftOff.groups - groups.length } };
  }

  async total(period: SpendPeriod): Promise<number> {
    const { sql, values } = daySpendCondition({ period }, 1);
    const [spent = 0] = await this.#read<number, { spent: string }>(
      `SELECT coalesce(sum(cost_nano_usd), 0) AS spent FROM ${SPEND_BY_DAY} WHERE ${sql}`,
      values,
      (row) => Number(row.spent),
    );
    return spent;
  }

  async set(scope: "key" | "user", id: string, spentNanoUsd: number): Promise<void> {
    const condition = scope === "key" ? "key_id = $2::text::uuid" : "user_id = $2::text";
    await this.#read(
      `INSERT INTO spend_baselines (scope, id, adjust_nano_usd)
       SELECT $1::text, $2::text, $3::bigint - coalesce(sum(cost_nano_usd), 0) FROM ${SPEND_BY_DAY}
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
         SELECT ${id} AS id, sum(cost_nano_usd) AS nano_usd FROM ${SPEND_BY_DAY} WHERE ${condition} GROUP BY 1
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

function* daysOf({ from, to }: SpendPeriod): Generator<SpendPeriod> {
  for (let start = from.getTime(); start < to.getTime(); start += DAY_MS)
    yield { from: new Date(start), to: new Date(Math.min(start + DAY_MS, to.getTime())) };
}
