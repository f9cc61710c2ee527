/** What tells the sums of a day apart. */
const GROUP = "key_id, user_id, end_user, model_requested, scope, enforcement_level";
const MEASURES = [
  "requests",
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "cost_nano_usd",
] as const;
const NAMES = `day, key_hash, key_alias, ${GROUP}, ${MEASURES.join(", ")}`;

/** The span of a day, by the index over the rows' time. @param day expression of type `date` */
const IS_ON = (day: string) =>
  `started_at >= ${day}::timestamp AT TIME ZONE 'UTC' AND started_at < (${day} + 1)::timestamp AT TIME ZONE 'UTC'`;

/** Groups of the rows on one day that no trigger has counted. @param day expression of type `date` */
const uncountedOn = (day: string) => `
  SELECT max(key_hash) AS key_hash, max(key_alias) AS key_alias, ${GROUP}, sum(1 + repeats::bigint)::bigint AS requests,
         sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens, sum(cache_read_tokens) AS cache_read_tokens,
         sum(cache_write_tokens) AS cache_write_tokens, coalesce(sum(cost_nano_usd), 0) AS cost_nano_usd
    FROM audit_log
   WHERE ${IS_ON(day)} AND NOT is_counted AND (model_requested IS NOT NULL OR cost_nano_usd <> 0)
   GROUP BY ${GROUP}`;

/**
 * Everything that was spent, as a relation for FROM: sums by day and group, of which one group may have several. Exact within one
 * snapshot, whatever is being written, moved or added up at that moment. The last part costs nothing once no day is waiting.
 */
export const SPEND_BY_DAY = `(
  SELECT ${NAMES} FROM spend_daily
  UNION ALL
  SELECT ${NAMES} FROM spend_deltas
  UNION ALL
  SELECT ${NAMES} FROM spend_backfill AS waiting CROSS JOIN LATERAL (${uncountedOn("waiting.day")}) AS uncounted
) AS spend`;

/** The same of single rows. */
export const SPEND_OF_ROWS = `(
  SELECT request_id, (started_at AT TIME ZONE 'UTC')::date AS day, key_hash, key_alias, ${GROUP}, 1 + repeats::bigint AS requests,
         input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, coalesce(cost_nano_usd, 0) AS cost_nano_usd
    FROM audit_log
) AS spend`;

/** Adds groups to `spend_daily`. @param from relation whose rows are groups, each once */
const addToDays = (from: string) => `
  INSERT INTO spend_daily AS d (group_hash, ${NAMES})
  SELECT sha256(convert_to(jsonb_build_array(${GROUP})::text, 'UTF8')) AS group_hash, ${NAMES} FROM ${from} ORDER BY day, group_hash
  ON CONFLICT (day, group_hash) DO UPDATE
     SET key_hash = greatest(d.key_hash, EXCLUDED.key_hash), key_alias = greatest(d.key_alias, EXCLUDED.key_alias),
         ${MEASURES.map((name) => `${name} = d.${name} + EXCLUDED.${name}`).join(", ")}`;

/** Moves deltas to `spend_daily`. Parameter: how many at most. @returns how many, as `moved` */
export const FOLD_DELTAS = `
  WITH taken AS (
    DELETE FROM spend_deltas WHERE ctid = ANY (ARRAY(SELECT ctid FROM spend_deltas LIMIT $1)) RETURNING *
  ), grouped AS (
    SELECT day, max(key_hash) AS key_hash, max(key_alias) AS key_alias, ${GROUP}, sum(requests)::bigint AS requests,
           ${MEASURES.slice(1)
             .map((name) => `sum(${name}) AS ${name}`)
             .join(", ")}
      FROM taken GROUP BY day, ${GROUP}
  ), added AS (${addToDays("grouped")})
  SELECT count(*)::int AS moved FROM taken`;

/** Whether a row may go: its sum stays. */
export const IS_ADDED_UP =
  "(is_counted OR (started_at AT TIME ZONE 'UTC')::date NOT IN (SELECT day FROM spend_backfill))";

/** Months of which days are still to be added up, as `name` of their partition. */
export const MONTHS_NOT_ADDED_UP =
  "SELECT DISTINCT 'audit_log_' || to_char(day, 'YYYY_MM') AS name FROM spend_backfill";

/** Takes the newest day whose rows from before are to be added up; who changes one of them waits until that is done. */
export const TAKE_WAITING_DAY =
  "DELETE FROM spend_backfill WHERE day = (SELECT max(day) FROM spend_backfill) RETURNING day::text AS day";

/** Adds it up, in the same transaction: only now is it seen what was changed before. Parameter: the day. */
export const ADD_UP_DAY = addToDays(
  `(SELECT $1::date AS day, uncounted.* FROM (${uncountedOn("$1::date")}) AS uncounted) AS groups`,
);

/** Days of months whose rows are all there: those of a month that has a partition, which goes as a whole. Newest first, as `day`. */
export const DAYS_TO_RECONCILE = `
  WITH month AS (
    SELECT to_date(substr(child.relname, 11), 'YYYY_MM') AS first FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
     WHERE inhparent = 'audit_log'::regclass AND child.relname ~ '^audit_log_[0-9]{4}_[0-9]{2}$' AND NOT inhdetachpending
  )
  SELECT day::date::text AS day
    FROM month CROSS JOIN LATERAL generate_series(first, least(first + interval '1 month' - interval '1 day', now() AT TIME ZONE 'UTC'),
                                                  interval '1 day') AS day
   ORDER BY day DESC`;

/** Begins a comparison, once a day; one that was broken off is begun anew. Changes no row where another gateway is at it, or was. */
export const CLAIM_RECONCILIATION = `
  INSERT INTO spend_reconciliation AS r (working_until) VALUES (clock_timestamp() + interval '1 minute')
  ON CONFLICT (is_only) DO UPDATE SET working_until = EXCLUDED.working_until
   WHERE r.working_until NOT BETWEEN clock_timestamp() AND clock_timestamp() + interval '1 hour'
     AND (r.checked_at IS NULL OR r.checked_at NOT BETWEEN clock_timestamp() - interval '1 day' AND clock_timestamp())`;

/** Groups of a day in which rows and sums differ, the largest first. Parameters: the day, how many at most. */
export const DIFFERENCES_OF_DAY = `
  SELECT key_id, key_alias, user_id, end_user, model_requested, requests, cost_nano_usd,
         count(*) OVER () AS groups, sum(abs(cost_nano_usd)) OVER () AS all_nano_usd
    FROM spend_differences($1::date) ORDER BY abs(cost_nano_usd) DESC LIMIT $2`;
