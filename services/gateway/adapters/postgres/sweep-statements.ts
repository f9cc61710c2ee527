/**
 * What nobody will ask for again. Rows that are being used are locked by their users and skipped, so that a sweep never
 * waits, and no request waits for more than its own row. Each statement takes at most $1 rows.
 */

/** Leases of which nothing is left: a later settlement goes to the budget itself. */
const EMPTY_LEASES = `
  DELETE FROM budget_leases l USING (
    SELECT owner, account, period FROM budget_leases
     WHERE amount_nano_usd = 0 AND spent_nano_usd = 0 LIMIT $1 FOR UPDATE SKIP LOCKED
  ) AS old
  WHERE l.owner = old.owner AND l.account = old.account AND l.period = old.period`;

/**
 * Periods that ended as long ago as they lasted, twice over, and a day at least, of budgets that nothing is leased from.
 * A period's name begins and ends with its moments; see `ledger/period.ts`.
 */
const PAST_PERIODS = `
  DELETE FROM budgets b USING (
    SELECT account, period FROM budgets c
     WHERE leased_nano_usd = 0
       AND CASE WHEN period LIKE '%/%' THEN split_part(period, '/', 2)::timestamptz
           + greatest(2 * (split_part(period, '/', 2)::timestamptz - split_part(period, '/', 1)::timestamptz), interval '1 day')
           END < clock_timestamp()
       AND NOT EXISTS (SELECT FROM budget_leases l WHERE l.account = c.account AND l.period = c.period)
     LIMIT $1 FOR UPDATE SKIP LOCKED
  ) AS old
  WHERE b.account = old.account AND b.period = old.period`;

/**
 * Budgets for ever of end users who have spent nothing, whose names callers make up, and places for requests at the same time: they
 * begin with nothing when they are used again, so nobody can tell. What has spent something stays, or it would be free again; so
 * do those of keys and users, which would begin with what their rows add up to.
 */
const UNSPENT = `
  DELETE FROM budgets b USING (
    SELECT account, period FROM budgets c
     WHERE (account LIKE 'end_user:%' OR account LIKE 'parallel:%') AND spent_nano_usd = 0 AND leased_nano_usd = 0
       AND NOT EXISTS (SELECT FROM budget_leases l WHERE l.account = c.account AND l.period = c.period)
     LIMIT $1 FOR UPDATE SKIP LOCKED
  ) AS old
  WHERE b.account = old.account AND b.period = old.period`;

/** Budgets of keys that were deleted lately, a day ago at least: ids never come back. */
const DELETED_KEYS = `
  DELETE FROM budgets b USING (
    SELECT c.account, c.period
      FROM virtual_keys k JOIN budgets c ON c.account = 'key:' || k.key_id
     WHERE k.deleted_at BETWEEN clock_timestamp() - interval '60 days' AND clock_timestamp() - interval '1 day'
       AND c.leased_nano_usd = 0
       AND NOT EXISTS (SELECT FROM budget_leases l WHERE l.account = c.account AND l.period = c.period)
     LIMIT $1 FOR UPDATE OF c SKIP LOCKED
  ) AS old
  WHERE b.account = old.account AND b.period = old.period`;

/** Counts of windows that ended an hour ago. Those of an account in use are removed by that use. */
const PAST_COUNTS = `
  DELETE FROM rate_blocks WHERE block IN (
    SELECT block FROM rate_blocks
     WHERE expires_at_ms < extract(epoch FROM clock_timestamp()) * 1000 - 3600000
     LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

/** Accounts of limits without any count. */
const UNUSED_LIMITS = `
  DELETE FROM rate_accounts WHERE account IN (
    SELECT account FROM rate_accounts a
     WHERE NOT EXISTS (SELECT FROM rate_blocks b WHERE b.account = a.account)
     LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

/** Of gateways that have ended. */
const PAST_PROBES = `
  DELETE FROM gateway_probes WHERE (gateway, work) IN (
    SELECT gateway, work FROM gateway_probes
     WHERE probed_at < clock_timestamp() - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

/** In this order: leases keep budgets, counts keep accounts. */
export const SWEEPS: readonly (readonly [what: string, statement: string])[] = [
  ["empty leases", EMPTY_LEASES],
  ["past periods", PAST_PERIODS],
  ["unspent budgets", UNSPENT],
  ["budgets of deleted keys", DELETED_KEYS],
  ["past counts", PAST_COUNTS],
  ["unused limits", UNUSED_LIMITS],
  ["past probes", PAST_PROBES],
];
