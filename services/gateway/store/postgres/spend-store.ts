import type { Pool, QueryResultRow } from "pg";
import {
  type DailySpend,
  ReportTooSlowError,
  type SpendBaselines,
  type SpendDimension,
  type SpendFilter,
  type SpendLog,
  type SpendPage,
  type SpendPeriod,
  type SpendPlace,
  type SpendReader,
  type SpendReport,
} from "../spend-reader";
import { isTimeOver, retryConflicts, toStoreError } from "./errors";
import { SPEND_BY_DAY, SPEND_OF_ROWS } from "./spend-by-day";
import {
  type DailyRow,
  type GroupRow,
  SPEND_LOG_COLUMNS,
  type SpendLogRow,
  toSpendGroup,
  toSpendLog,
} from "./spend-rows";

/** Column of the sums of days for each dimension; the only place where SQL text is chosen. */
const DIMENSIONS: Readonly<Record<SpendDimension, string>> = {
  key: "key_id",
  user: "user_id",
  model: "model_requested",
  day: "day",
};

/** Of requests; ties are settled in the same direction, so that one index gives the order. */
const NEWEST_FIRST = "started_at DESC, request_id DESC";
const DAY_MS = 86_400_000;

/**
 * What was spent: requests from `audit_log`, sums from those of the days, which are exact in every snapshot. Each query ends with
 * the pool's time limit.
 */
export class PostgresSpendStore implements SpendReader, SpendBaselines {
  /**
   * @param pool for sums of single keys and users
   * @param reports for everything else; may be of a replica
   */
  constructor(
    readonly pool: Pool,
    readonly reports: Pool,
  ) {}

  byKeys(keyIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#sums("key", "key_id = ANY($1::uuid[])", "key_id::text", keyIds);
  }

  byUsers(userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#sums("user", "user_id = ANY($1::text[])", "user_id", userIds);
  }

  async logs(filter: SpendFilter, page: SpendPage): Promise<readonly SpendLog[]> {
    const resolved = await this.#resolveKey(filter);
    if (resolved === undefined) return [];
    let last: SpendPlace | undefined;
    if ("after" in page) last = page.after;
    else if (page.offset > 0) {
      // What is passed over is only counted, by the index; reading whole rows in order to drop them would take seconds.
      const { sql, values } = spendCondition(resolved, 2);
      [last] = await this.#report<SpendPlace, Pick<SpendLogRow, "started_at" | "request_id">>(
        `SELECT started_at, request_id FROM audit_log WHERE ${sql} ORDER BY ${NEWEST_FIRST} LIMIT 1 OFFSET $1`,
        [page.offset - 1, ...values],
        (row) => ({ startedAt: row.started_at, requestId: row.request_id }),
      );
      if (last === undefined) return [];
    }
    const { sql, values } = spendCondition(resolved, 2);
    const bound: unknown[] = [page.limit, ...values];
    const parameter = (value: unknown) => `$${bound.push(value)}`;
    // The first half bounds the index, the second settles those of one moment.
    const after =
      last === undefined
        ? ""
        : `AND started_at <= ${parameter(last.startedAt)}::timestamptz
           AND (started_at < $${bound.length}::timestamptz OR request_id < ${parameter(last.requestId)}::uuid)`;
    return this.#report<SpendLog, SpendLogRow>(
      `SELECT ${SPEND_LOG_COLUMNS} FROM audit_log WHERE ${sql} ${after} ORDER BY ${NEWEST_FIRST} LIMIT $1`,
      bound,
      toSpendLog,
    );
  }

  async *daily(filter: SpendFilter & { readonly period: SpendPeriod }): AsyncGenerator<DailySpend[]> {
    const resolved = await this.#resolveKey(filter);
    if (resolved === undefined) return;
    const { keyId, userId, requestId } = resolved;
    // What all spent on a day may be a lot, what one key or user did is not.
    const isNarrow = [keyId, userId, requestId].some((value) => value !== undefined);
    for (const period of isNarrow ? [filter.period] : daysOf(filter.period)) {
      const days = await this.#dailyAtOnce({ ...resolved, period });
      if (days.length > 0) yield days;
    }
  }

  #dailyAtOnce(filter: ResolvedFilter): Promise<DailySpend[]> {
    const { sql, values } = daySpendCondition(filter, 1);
    return this.#report<DailySpend, DailyRow>(
      `SELECT day::text AS day, max(key_hash) AS key_hash, user_id, model_requested, sum(cost_nano_usd) AS spent
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
    const order = dimension === "day" ? "found.value" : "spent DESC, found.value";
    // What comes after a group is added up by Postgres: sums of a company are beyond the integers that JavaScript has.
    const rows = await this.#report<GroupRow, GroupRow>(
      `SELECT value::text, key_hash, key_alias, spent, requests, input, output, cache_read, cache_write,
              count(*) OVER rest AS groups_after, coalesce(sum(spent) OVER rest, 0) AS spent_after
         FROM (
         SELECT ${DIMENSIONS[dimension]} AS value, max(key_hash) AS key_hash, max(key_alias) AS key_alias,
                sum(cost_nano_usd) AS spent, sum(requests) AS requests,
                sum(input_tokens + cache_read_tokens + cache_write_tokens) AS input, sum(output_tokens) AS output,
                sum(cache_read_tokens) AS cache_read, sum(cache_write_tokens) AS cache_write
           FROM ${SPEND_BY_DAY} WHERE ${sql} GROUP BY 1 HAVING sum(requests) <> 0
       ) AS found
       WINDOW rest AS (ORDER BY ${order} ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
       ORDER BY ${order} LIMIT $1`,
      [limit, ...values],
      (row) => row,
    );
    const last = rows.at(-1);
    return {
      groups: rows.map((row) => toSpendGroup(row, dimension)),
      leftOff: { groups: Number(last?.groups_after ?? 0), spentNanoUsd: Number(last?.spent_after ?? 0) },
    };
  }

  async total(period: SpendPeriod): Promise<number> {
    const { sql, values } = daySpendCondition({ period }, 1);
    const [spent = 0] = await this.#report<number, { spent: string }>(
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

  /**
   * A key's hash is turned into its id first, because a rotation changes the hash and not the id. The planner must see the id: to a
   * join it gives the rows of everybody, newest first, and looks through all of them for those of a key that has none.
   * @returns `undefined` when no key has or had this hash
   */
  async #resolveKey({ keyHash, ...filter }: SpendFilter): Promise<ResolvedFilter | undefined> {
    if (keyHash === undefined) return filter;
    const [keyId] = await this.#report<string, { key_id: string }>(
      `SELECT key_id FROM virtual_keys WHERE token_hash = $1
       UNION ALL SELECT key_id FROM retired_key_hashes WHERE token_hash = $1 LIMIT 1`,
      [keyHash],
      (row) => row.key_id,
    );
    if (keyId === undefined || (filter.keyId !== undefined && filter.keyId !== keyId)) return undefined;
    return { ...filter, keyId };
  }

  /** Repeated when it was in the way of something, as a report on a replica is of what comes from the primary. */
  async #report<Item, Row extends QueryResultRow>(
    sql: string,
    values: unknown[],
    toItem: (row: Row) => Item,
  ): Promise<Item[]> {
    try {
      return (await retryConflicts(() => this.reports.query<Row>(sql, values))).rows.map(toItem);
    } catch (error) {
      throw isTimeOver(error)
        ? new ReportTooSlowError("report timed out", { cause: error })
        : toStoreError("spend not read", error);
    }
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

/** A key by its id: the planner must see it. */
type ResolvedFilter = Omit<SpendFilter, "keyHash">;

interface Condition {
  readonly sql: string;
  readonly values: unknown[];
}

/**
 * The WHERE of a query over requests that asked for a model; values are parameters from `$<firstParameter>` on.
 */
function spendCondition(filter: ResolvedFilter, firstParameter: number): Condition {
  return conditionOver(filter, firstParameter, (moment, add) => ["started_at", add(moment)]);
}

/** The same over the sums of days (`spend-by-day.ts`). Only single rows have a `request_id`. */
function daySpendCondition(filter: ResolvedFilter, firstParameter: number): Condition {
  return conditionOver(filter, firstParameter, (moment, add) => [
    "day",
    `${add(moment.toISOString().slice(0, 10))}::date`,
  ]);
}

/** @param at the column that tells time, and a moment as it is compared with */
function conditionOver(
  filter: ResolvedFilter,
  firstParameter: number,
  at: (moment: Date, add: (value: unknown) => string) => readonly [column: string, moment: string],
): Condition {
  const values: unknown[] = [];
  const add = (value: unknown) => `$${firstParameter + values.push(value) - 1}`;
  const parts = ["model_requested IS NOT NULL"];
  if (filter.keyId !== undefined) parts.push(`key_id = ${add(filter.keyId)}::uuid`);
  if (filter.userId !== undefined) parts.push(`user_id = ${add(filter.userId)}`);
  if (filter.requestId !== undefined) parts.push(`request_id = ${add(filter.requestId)}::uuid`);
  if (filter.period !== undefined) {
    parts.push(at(filter.period.from, add).join(" >= "), at(filter.period.to, add).join(" < "));
  }
  return { sql: parts.join(" AND "), values };
}
