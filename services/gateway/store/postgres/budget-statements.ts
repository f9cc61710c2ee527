import type { AuditRow, Intent } from "../audit-log";
import { NOBODY } from "../group-commit-entry";
import { arrayLiteral, type Element } from "./sql";

/** `errorType` of the row of a lost request, until its own row comes. */
export const GATEWAY_LOST = "gateway_lost";

/**
 * The row of a request whose gateway died under it. What the provider will bill is not known; the reserved amount is
 * the one bound that is, so that the budget is neither overrun nor charged for more than was put aside. When the gateway lives after all, the request's own
 * row takes the place of this one.
 */
export function toLostRow({ row, reservedNano }: Pick<Intent, "row" | "reservedNano">): AuditRow {
  return {
    ...row,
    startedAt: new Date(row.startedAt),
    status: 500,
    errorType: GATEWAY_LOST,
    costNanoUsd: reservedNano,
  };
}

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
const AUDIT_COLUMN_COUNT = COLUMNS.length;

/**
 * One statement for a batch of any size; a row that is there already is skipped, so a batch may be repeated.
 * @param condition for all rows, evaluated before any is written
 */
const insertAuditRows = (condition: string): string => `
  INSERT INTO audit_log (${COLUMNS.map(([name]) => name).join(", ")})
  SELECT * FROM unnest(${COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(", ")})
   WHERE ${condition}
  ON CONFLICT (request_id, started_at) DO NOTHING`;

/** The rows of a batch as `given`, from the same parameters as `insertAuditRows`. */
const GIVEN_ROWS = `
  given AS (
    SELECT * FROM unnest(${COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(", ")})
        AS given(${COLUMNS.map(([name]) => name).join(", ")})
  )`;

/** Takes over everything of a row in `given` but what names it. */
const SET_FROM_GIVEN = COLUMNS.map(([name]) => name)
  .filter((name) => name !== "request_id" && name !== "started_at")
  .map((name) => `${name} = given.${name}`)
  .join(", ");

/** Rows → one array for each column, in the order of the statement. */
export function toColumns(rows: readonly AuditRow[]): string[] {
  return COLUMNS.map(([, , value]) => arrayLiteral(rows, value));
}

/** A sign of life. Parameters: owners, for how many milliseconds it is good. Owners are locked in one order, as everywhere. */
export const HEARTBEAT = `
  UPDATE ledger_owners o SET expires_at = clock_timestamp() + $2 * interval '1 ms'
    FROM (SELECT owner FROM ledger_owners WHERE owner = ANY($1::uuid[]) ORDER BY owner FOR NO KEY UPDATE) AS known
   WHERE o.owner = known.owner RETURNING o.owner`;

/**
 * A sign of life that is good for longer than any was given before the clock was set back: its owner has a minute from now on, in which it gives
 * another one if it is alive.
 */
export const SHORTEN_LIVES = `
  UPDATE ledger_owners SET expires_at = clock_timestamp() + interval '1 min'
   WHERE owner IN (SELECT owner FROM ledger_owners
                    WHERE expires_at > clock_timestamp() + interval '1 min' ORDER BY owner FOR NO KEY UPDATE SKIP LOCKED)`;

/** Parameters: owner, then for each budget account, period, limit, full, preferred, least, end, want; and how long to wait for a lock, in milliseconds. */
export const ACQUIRE = `
  SELECT granted, spent, leased, others, is_held AS "isHeld"
    FROM acquire_leases($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::integer) ORDER BY place`;

/** A budget of an end user, or places for requests at the same time, that are used for the first time. */
export const CREATE_BUDGET =
  "INSERT INTO budgets (account, period) VALUES ($1, $2) ON CONFLICT (account, period) DO NOTHING";

/**
 * From when on rows count, as `start`, and the first day that counts whole, as `day`: where spend was set since a period began all
 * rows do, and the baseline is less what they were then.
 */
const spanOf = (scope: "key" | "user", id: string, start: string) => `
  set_since AS (
    SELECT adjust_nano_usd FROM spend_baselines
     WHERE scope = '${scope}' AND id = ${id}::text AND (${start}::timestamptz IS NULL OR set_at >= ${start})
  ), start AS (
    SELECT CASE WHEN ${start}::timestamptz IS NULL OR EXISTS (SELECT FROM set_since) THEN '-infinity' ELSE ${start}::timestamptz END AS start
  ), span AS (
    SELECT start, (start AT TIME ZONE 'UTC' - interval '1 us')::date + 1 AS day FROM start
  )`;

/** Parameters: id, start of the period. What the rows of days come to that are still to be added up: this may take long. */
const uncountedOf = (scope: "key" | "user", condition: string) => `
  WITH ${spanOf(scope, "$1", "$2")}
  SELECT coalesce(sum(rows.cost), 0)::text AS spent
    FROM spend_backfill AS waiting CROSS JOIN LATERAL (
      SELECT sum(cost_nano_usd) AS cost FROM audit_log
       WHERE ${condition} AND NOT is_counted AND started_at >= waiting.day::timestamp AT TIME ZONE 'UTC'
         AND started_at < (waiting.day + 1)::timestamp AT TIME ZONE 'UTC'
    ) AS rows WHERE waiting.day >= (SELECT day FROM span)`;

/** Parameters: account, period, id, start of the period, and the sum of `uncountedOf`. */
const createBudgetOf = (scope: "key" | "user", condition: string) => `
  WITH ${spanOf(scope, "$3", "$4")}
  INSERT INTO budgets (account, period, spent_nano_usd)
  SELECT $1, $2, coalesce((SELECT adjust_nano_usd FROM set_since), 0) + $5::numeric
    + coalesce((SELECT sum(cost_nano_usd) FROM (
        SELECT day, key_id, user_id, cost_nano_usd FROM spend_daily
        UNION ALL SELECT day, key_id, user_id, cost_nano_usd FROM spend_deltas
      ) AS days WHERE ${condition} AND day >= (SELECT day FROM span)), 0)
    + coalesce((SELECT sum(cost_nano_usd) FROM audit_log WHERE ${condition} AND started_at >= (SELECT start FROM span)
        AND started_at < (SELECT day FROM span)::timestamp AT TIME ZONE 'UTC'), 0)
  ON CONFLICT (account, period) DO NOTHING`;

/**
 * A key's budget that is used for the first time. What was spent since its period began counts, whether there was a limit then or
 * not; where spend was set meanwhile, what it was set to and what was spent since. Whole days are taken from their sums, what the
 * period has of its first one from its rows: so this is a short look, and has to be. Who ends meanwhile finds no budget to be charged to,
 * and is in no sum.
 */
export const UNCOUNTED_OF_KEY = uncountedOf("key", "key_id = $1::text::uuid");
export const CREATE_BUDGET_OF_KEY = createBudgetOf("key", "key_id = $3::text::uuid");

/** The same for a user: what all keys of the user spent. */
export const UNCOUNTED_OF_USER = uncountedOf("user", "user_id = $1::text");
export const CREATE_BUDGET_OF_USER = createBudgetOf("user", "user_id = $3::text");

/**
 * Parameters: owner, then for each budget account, period, amount; and how long to wait for a lock, in milliseconds. @returns what others hold, as
 * `held`, counted from 1
 */
export const GIVE_BACK = "SELECT give_back_leases($1, $2, $3, $4, $5::integer) AS held";

/** What budgets have spent; `place` counts from 1. Parameters: accounts, periods. */
export const READ_SPENT = `
  SELECT asked.place, b.spent_nano_usd + coalesce((SELECT sum(l.spent_nano_usd) FROM budget_leases l
                                                    WHERE l.account = b.account AND l.period = b.period), 0) AS spent
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked(account, period, place) JOIN budgets b USING (account, period)`;

/** Parameters: account, period, spent. */
export const SET_SPENT = "SELECT set_spent($1, $2, $3)";

/** Parameters: owner, the last batch to look at, batches that stay. */
export const END_INTENTS =
  "DELETE FROM intent_batches WHERE owner = $1::uuid AND batch <= $2 AND batch <> ALL($3::bigint[])";

/** Parameters: owner, batch, intents as JSON text, batches of which no request is running any more. Safe to repeat. */
export const PUT_INTENTS = `
  WITH ended AS (DELETE FROM intent_batches WHERE owner = $1::uuid AND batch = ANY($4::bigint[]))
  INSERT INTO intent_batches (owner, batch, intents) VALUES ($1, $2, $3) ON CONFLICT (owner, batch) DO NOTHING`;

const money = (offset: number) => `$${AUDIT_COLUMN_COUNT + offset}`;

/**
 * Audit rows and the money they cost, in one statement. Only a row that is new costs anything, so a batch may be repeated; what the
 * lease of an owner that is alive cannot take, because the owner was ended, is charged to the budget itself, which may have been swept. Owners are locked first:
 * what is written for an owner is there before it is ended, or not at all. Then budgets, then leases, each in one order; as everywhere. Leases
 * are changed by a function, one by one by their key: a plan that was made when there were few would read all of them. It is called in the order of
 * `due`, since conditions are not moved into what is materialized, and for all of it, since they are counted at the end.
 * Nobody's charges are for budgets that are there only: others will begin with the sum of the rows.
 * Parameters after those of the rows: request ids, owners, accounts, periods and costs, one for each budget of each row.
 */
export const SETTLE_ROWS = `
  WITH alive AS MATERIALIZED (
    SELECT owner FROM ledger_owners WHERE owner = ANY(${money(2)}::uuid[]) ORDER BY owner FOR KEY SHARE
  ), ins AS (
    ${insertAuditRows("(SELECT count(*) FROM alive) >= 0")} RETURNING request_id
  ), cost AS (
    SELECT c.owner, c.account, c.period, sum(c.cost)::bigint AS cost
      FROM unnest(${money(1)}::uuid[], ${money(2)}::uuid[], ${money(3)}::text[], ${money(4)}::text[], ${money(5)}::bigint[])
           AS c(request_id, owner, account, period, cost)
      JOIN ins USING (request_id) GROUP BY c.owner, c.account, c.period
  ), late AS MATERIALIZED (
    SELECT count(*) AS budgets
      FROM (SELECT DISTINCT account, period FROM cost WHERE owner NOT IN (SELECT owner FROM alive) ORDER BY account, period) AS c,
           LATERAL (SELECT FROM budgets b WHERE b.account = c.account AND b.period = c.period FOR NO KEY UPDATE) AS locked
  ), due AS MATERIALIZED (
    SELECT owner, account, period, cost FROM cost JOIN alive USING (owner)
     WHERE (SELECT budgets FROM late) >= 0 ORDER BY account, period, owner
  ), spent AS MATERIALIZED (
    SELECT owner, account, period, spend_from_lease(owner, account, period, cost) AS is_taken FROM due
  ), taken AS (
    SELECT owner, account, period FROM spent WHERE is_taken
  ), charged AS (
    INSERT INTO budgets AS b (account, period, spent_nano_usd)
    SELECT account, period, sum(cost)::bigint FROM cost c
     WHERE (owner, account, period) NOT IN (SELECT owner, account, period FROM taken)
       AND (owner <> '${NOBODY}'::uuid OR EXISTS (SELECT FROM budgets u WHERE u.account = c.account AND u.period = c.period))
     GROUP BY account, period ORDER BY account, period
    ON CONFLICT (account, period) DO UPDATE SET spent_nano_usd = b.spent_nano_usd + EXCLUDED.spent_nano_usd
  )
  SELECT count(*)::int AS written, (SELECT count(*) FROM spent) AS charges FROM ins`;

/**
 * Rows that take the place of those that were written for lost requests, and what they change in the budgets: what was charged is
 * given back, what it cost is charged. A row is replaced once, so a batch may be repeated. Nothing changes in a budget, or in a sum
 * that was set, when that was set after the request was charged as lost: then the charge is forgotten already. Leases have no
 * part in it: those of a lost request have ended. A budget that nothing was reserved in had no part in the charge, unless it is
 * newer than that and began with the sum of the rows. Rows are locked before budgets, both in one order. Parameters as of
 * `SETTLE_ROWS`.
 */
export const REPLACE_LOST = `
  WITH ${GIVEN_ROWS}, lost AS MATERIALIZED (
    SELECT a.request_id, a.started_at, coalesce(a.lost_at, a.started_at) AS lost_at, a.key_id, a.user_id,
           coalesce(a.cost_nano_usd, 0) AS charged, coalesce(given.cost_nano_usd, 0) - coalesce(a.cost_nano_usd, 0) AS change
      FROM audit_log a JOIN given USING (request_id, started_at)
     WHERE a.error_type = '${GATEWAY_LOST}' AND given.error_type IS DISTINCT FROM '${GATEWAY_LOST}'
     ORDER BY a.request_id FOR UPDATE OF a
  ), replaced AS (
    UPDATE audit_log a SET ${SET_FROM_GIVEN}, lost_at = lost.lost_at, lost_cost_nano_usd = lost.charged
      FROM lost JOIN given USING (request_id, started_at)
     WHERE a.request_id = lost.request_id AND a.started_at = lost.started_at
    RETURNING a.request_id
  ), paid AS (
    SELECT DISTINCT c.account, c.period, c.owner <> '${NOBODY}'::uuid AS is_reserved, c.cost, lost.request_id, lost.lost_at, lost.change
      FROM unnest(${money(1)}::uuid[], ${money(2)}::uuid[], ${money(3)}::text[], ${money(4)}::text[], ${money(5)}::bigint[])
           AS c(request_id, owner, account, period, cost)
      JOIN lost USING (request_id)
  ), budget AS MATERIALIZED (
    SELECT b.account, b.period, b.created_at, b.set_at FROM budgets b
     WHERE (b.account, b.period) IN (SELECT account, period FROM paid)
     ORDER BY b.account, b.period FOR NO KEY UPDATE
  ), corrected AS (
    UPDATE budgets b SET spent_nano_usd = b.spent_nano_usd + correction.change
      FROM (SELECT account, period,
                   sum(CASE WHEN is_reserved OR budget.created_at > paid.lost_at THEN change ELSE cost END)::bigint AS change
              FROM paid JOIN budget USING (account, period)
             WHERE budget.set_at IS NULL OR budget.set_at < paid.lost_at
             GROUP BY account, period) AS correction
     WHERE b.account = correction.account AND b.period = correction.period
  ), baselines AS (
    UPDATE spend_baselines s SET adjust_nano_usd = s.adjust_nano_usd - sums.change
      FROM (SELECT s.scope, s.id, sum(lost.change)::bigint AS change FROM lost JOIN spend_baselines s
                ON (s.scope, s.id) IN (('key', lost.key_id::text), ('user', lost.user_id)) AND s.set_at >= lost.lost_at
             GROUP BY s.scope, s.id) AS sums
     WHERE s.scope = sums.scope AND s.id = sums.id
  )
  SELECT request_id FROM replaced`;

/**
 * Budgets of keys and users, in any period, that were made after a request had started: what they began with leaves out a row that is not
 * here yet. Spend that was set after the request had ended forgets it. Parameters: request ids, when they started, when they ended,
 * accounts of their keys and users.
 */
export const BUDGETS_MADE_SINCE = `
  SELECT late.request_id AS "requestId", b.account, b.period
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[])
         AS late(request_id, started_at, ended_at, key_account, user_account)
    JOIN budgets b ON b.account IN (late.key_account, late.user_account)
   WHERE b.created_at > late.started_at AND (b.set_at IS NULL OR b.set_at < late.ended_at)`;

/** Says of rows that they were written for lost requests. Parameters: request ids, moments at which they started. */
export const MARK_LOST = `
  UPDATE audit_log a SET lost_at = clock_timestamp(), lost_cost_nano_usd = a.cost_nano_usd
    FROM unnest($1::uuid[], $2::timestamptz[]) AS lost(request_id, started_at)
   WHERE a.request_id = lost.request_id AND a.started_at = lost.started_at
     AND a.error_type = '${GATEWAY_LOST}' AND a.lost_at IS NULL`;

/** Rows of requests that no budget pays for. Safe to repeat. */
export const INSERT_ROWS = insertAuditRows("true");

/** Locks the budgets that owners have leases on, in one order and before the leases. Parameter: the owners. */
export const LOCK_BUDGETS_OF = `
  SELECT FROM budgets b
   WHERE (b.account, b.period) IN (SELECT l.account, l.period FROM budget_leases l WHERE l.owner = ANY($1::uuid[]))
   ORDER BY b.account, b.period FOR NO KEY UPDATE`;

/** Folds and frees the leases of an owner. After its intents are settled, in the same transaction, with its budgets locked. */
export const END_OWNER = `
  WITH gone AS (
    DELETE FROM budget_leases WHERE owner = $1::uuid RETURNING account, period, amount_nano_usd, spent_nano_usd
  )
  UPDATE budgets b
     SET spent_nano_usd = b.spent_nano_usd + gone.spent_nano_usd, leased_nano_usd = b.leased_nano_usd - gone.amount_nano_usd
    FROM gone WHERE b.account = gone.account AND b.period = gone.period`;
