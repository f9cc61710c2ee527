import { AUDIT_COLUMN_COUNT, insertAuditRows } from "./audit-columns";

/** Parameters: owner, account, period, limit, full, ample, least, end, want. */
export const ACQUIRE = `
  SELECT granted, total_spent AS spent, total_leased AS leased
    FROM acquire_lease($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/** A budget that is used for the first time: what its key spent before there was a limit counts. */
export const CREATE_BUDGET = `
  INSERT INTO budgets (account, period, spent_nano_usd)
  SELECT $1, $2, coalesce(sum(cost_nano_usd), 0) FROM audit_log
   WHERE key_id = $3::uuid AND ($4::timestamptz IS NULL OR started_at >= $4)
  ON CONFLICT (account, period) DO NOTHING`;

/** Nothing for an owner that was ended. Parameters: owner, account, period, amount. */
export const GIVE_BACK = `
  SELECT fold_lease(owner, $2, $3, -$4::bigint)
    FROM (SELECT owner FROM ledger_owners WHERE owner = $1::uuid FOR KEY SHARE) AS alive`;

/** What a budget has spent. Parameters: account, period. */
export const READ_SPENT = `
  SELECT b.spent_nano_usd + coalesce((SELECT sum(l.spent_nano_usd) FROM budget_leases l
                                       WHERE l.account = b.account AND l.period = b.period), 0) AS spent
    FROM budgets b WHERE b.account = $1 AND b.period = $2`;

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
 * what is written for an owner is there before it is ended, or not at all. Then budgets, in one order, then leases; as everywhere.
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
  ), taken AS (
    UPDATE budget_leases l SET spent_nano_usd = l.spent_nano_usd + c.cost
      FROM cost c JOIN alive USING (owner)
     WHERE l.owner = c.owner AND l.account = c.account AND l.period = c.period AND (SELECT budgets FROM late) >= 0
    RETURNING l.owner, l.account, l.period
  )
  INSERT INTO budgets AS b (account, period, spent_nano_usd)
  SELECT account, period, sum(cost)::bigint FROM cost
   WHERE (owner, account, period) NOT IN (SELECT owner, account, period FROM taken)
   GROUP BY account, period ORDER BY account, period
  ON CONFLICT (account, period) DO UPDATE SET spent_nano_usd = b.spent_nano_usd + EXCLUDED.spent_nano_usd`;

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
