import type { Migration } from "./migration";

/** What tells the sums of a day apart. */
const GROUP = "key_id, user_id, end_user, model_requested, scope, enforcement_level";
/** Numbers without a bound: nothing that is added up may keep a row from being written. */
const MEASURES = `
      requests           bigint  NOT NULL,
      input_tokens       numeric NOT NULL,
      output_tokens      numeric NOT NULL,
      cache_read_tokens  numeric NOT NULL,
      cache_write_tokens numeric NOT NULL,
      cost_nano_usd      numeric NOT NULL`;
const COLUMNS = `
      day                date NOT NULL,
      key_id             uuid,
      key_hash           text,
      key_alias          text,
      user_id            text,
      end_user           text,
      model_requested    text,
      scope              text,
      enforcement_level  text,${MEASURES}`;

/** Rows → sums. @param sign column with the factor of a row */
const sums = (sign: string) => `
        sum(${sign} * (1 + repeats::bigint))::bigint, sum(${sign} * input_tokens::numeric), sum(${sign} * output_tokens::numeric),
        sum(${sign} * cache_read_tokens::numeric), sum(${sign} * cache_write_tokens::numeric),
        sum(${sign} * coalesce(cost_nano_usd, 0)::numeric)`;
const DAY = "(started_at AT TIME ZONE 'UTC')::date";
/** Rows that add nothing to any sum are left out: calls that asked for no model. */
const MATTERS = "(model_requested IS NOT NULL OR cost_nano_usd <> 0)";

/**
 * What was spent on each day (UTC), exact at every moment: `spend_daily` and `spend_deltas` together, plus the rows from before this
 * step of the days in `spend_backfill`. A trigger writes to `spend_deltas`, in the transaction of the rows and whoever writes them; it only
 * inserts, so that gateways never wait for each other. `spend-rollups.ts` moves deltas to `spend_daily` and adds up the days from before.
 *
 * `is_counted` tells rows from before (false, without rewriting them) from those that the trigger has seen. A row from before that
 * changes while its day is still to be added up is not the trigger's; who adds up a day holds its row in `spend_backfill`.
 *
 * `group_hash` stands for the columns that make a group, because values of callers may be longer than an index takes.
 * `key_hash` and `key_alias` are the largest of the group's rows, for display.
 */
export const dailySpend: Migration = {
  version: 15,
  name: "daily-spend",
  // The new column and the triggers are those of all partitions.
  lock: "audit_log IN ACCESS EXCLUSIVE MODE",
  sql: `
    CREATE TABLE spend_daily (
      group_hash         bytea NOT NULL,${COLUMNS},
      PRIMARY KEY (day, group_hash)
    ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
    CREATE INDEX spend_daily_by_key ON spend_daily (key_id, day);
    CREATE INDEX spend_daily_by_user ON spend_daily (user_id, day);

    CREATE TABLE spend_deltas (${COLUMNS}
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
            autovacuum_vacuum_insert_scale_factor = 0.2);

    CREATE TABLE spend_backfill (day date PRIMARY KEY);

    CREATE TABLE spend_reconciliation (
      is_only             boolean PRIMARY KEY DEFAULT true CHECK (is_only),
      working_until       timestamptz NOT NULL,
      checked_at          timestamptz,
      days                integer NOT NULL DEFAULT 0,
      difference_nano_usd numeric NOT NULL DEFAULT 0
    );

    ALTER TABLE audit_log ADD COLUMN is_counted boolean NOT NULL DEFAULT false;
    ALTER TABLE audit_log ALTER COLUMN is_counted SET DEFAULT true;

    -- Steps from day to day by the index, and reads no more.
    INSERT INTO spend_backfill
      WITH RECURSIVE days AS (
        SELECT (min(started_at) AT TIME ZONE 'UTC')::date AS day FROM audit_log
        UNION ALL
        SELECT (SELECT (min(started_at) AT TIME ZONE 'UTC')::date FROM audit_log
                 WHERE started_at >= (days.day + 1)::timestamp AT TIME ZONE 'UTC')
          FROM days WHERE days.day IS NOT NULL
      )
      SELECT day FROM days WHERE day IS NOT NULL;

    CREATE FUNCTION add_spend_of_new_rows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO spend_deltas
      SELECT ${DAY}, key_id, max(key_hash), max(key_alias), user_id, end_user, model_requested, scope, enforcement_level,${sums("1")}
        FROM new_rows WHERE is_counted AND ${MATTERS} GROUP BY 1, ${GROUP};
      RETURN NULL;
    END $$;

    CREATE FUNCTION add_spend_of_changed_rows() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      waiting date[] := '{}';
    BEGIN
      IF EXISTS (SELECT FROM old_rows WHERE NOT is_counted) THEN
        waiting := ARRAY(SELECT day FROM spend_backfill
                          WHERE day IN (SELECT ${DAY} FROM old_rows WHERE NOT is_counted) ORDER BY day FOR SHARE);
      END IF;
      INSERT INTO spend_deltas
      SELECT ${DAY}, key_id, max(key_hash), max(key_alias), user_id, end_user, model_requested, scope, enforcement_level,${sums("sign")}
        FROM (SELECT 1 AS sign, * FROM new_rows UNION ALL SELECT -1, * FROM old_rows) AS rows
       WHERE ${MATTERS} AND (is_counted OR ${DAY} <> ALL (waiting))
       GROUP BY 1, ${GROUP}
      HAVING (${sums("sign")}) <> (0, 0, 0, 0, 0, 0);
      RETURN NULL;
    END $$;

    CREATE TRIGGER audit_log_spend_of_new_rows AFTER INSERT ON audit_log
      REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION add_spend_of_new_rows();
    CREATE TRIGGER audit_log_spend_of_changed_rows AFTER UPDATE ON audit_log
      REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION add_spend_of_changed_rows();

    -- What the rows of a day say beyond its sums, by group: nothing, unless one of both was changed by hand.
    CREATE FUNCTION spend_differences(p_day date) RETURNS SETOF spend_deltas LANGUAGE sql STABLE AS $$
      SELECT p_day, key_id, max(key_hash), max(key_alias), user_id, end_user, model_requested, scope, enforcement_level,
             sum(requests)::bigint, sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(cost_nano_usd)
        FROM (
          SELECT key_hash, key_alias, ${GROUP}, 1 + repeats::bigint AS requests, input_tokens::numeric, output_tokens::numeric,
                 cache_read_tokens::numeric, cache_write_tokens::numeric, coalesce(cost_nano_usd, 0)::numeric AS cost_nano_usd
            FROM audit_log
           WHERE started_at >= p_day::timestamp AT TIME ZONE 'UTC' AND started_at < (p_day + 1)::timestamp AT TIME ZONE 'UTC'
             AND ${MATTERS} AND (is_counted OR NOT EXISTS (SELECT FROM spend_backfill b WHERE b.day = p_day))
          UNION ALL
          SELECT key_hash, key_alias, ${GROUP}, -requests, -input_tokens, -output_tokens, -cache_read_tokens, -cache_write_tokens, -cost_nano_usd
            FROM spend_daily d WHERE d.day = p_day
          UNION ALL
          SELECT key_hash, key_alias, ${GROUP}, -requests, -input_tokens, -output_tokens, -cache_read_tokens, -cache_write_tokens, -cost_nano_usd
            FROM spend_deltas d WHERE d.day = p_day
        ) AS sides
       GROUP BY ${GROUP}
      HAVING (sum(requests), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(cost_nano_usd))
             <> (0, 0, 0, 0, 0, 0)
    $$;
  `,
};
