import { INSERT_AUDIT_ROWS_RETURNING } from "./audit-columns";

const ROOM = "($4::bigint - spent_nano_usd - leased_nano_usd)";

/** What is given of the room there is; see `LeaseRequest` for the amounts. */
const GRANT = `(CASE
    WHEN ${ROOM} >= $5::bigint AND $5::bigint > 0 THEN greatest($5::bigint, least($9::bigint, ${ROOM} / 16))
    WHEN ${ROOM} >= $6::bigint AND ${ROOM} > 0 THEN greatest($6::bigint, least($5::bigint, ${ROOM} / 4), 0)
    WHEN ${ROOM} >= $7::bigint AND ${ROOM} > 0 AND $4::bigint - spent_nano_usd < $8::bigint THEN ${ROOM}
    ELSE 0 END)`;

/**
 * Takes room with one conditional update, so that two gateways never get the same. `last_grant_nano_usd` is how
 * the amount comes out of it, computed from the row as it was locked.
 * Parameters: account, period, owner, limit, full, ample, least, end, want.
 */
export const ACQUIRE = `
  WITH granted AS (
    UPDATE budgets
       SET leased_nano_usd = leased_nano_usd + ${GRANT}, last_grant_nano_usd = ${GRANT}
     WHERE account = $1 AND period = $2 AND ${GRANT} > 0
    RETURNING spent_nano_usd, leased_nano_usd, last_grant_nano_usd
  ), lease AS (
    INSERT INTO budget_leases (owner, account, period, amount_nano_usd)
    SELECT $3::uuid, $1, $2, last_grant_nano_usd FROM granted
    ON CONFLICT (owner, account, period)
    DO UPDATE SET amount_nano_usd = budget_leases.amount_nano_usd + excluded.amount_nano_usd
  )
  SELECT spent_nano_usd AS spent, leased_nano_usd AS leased, last_grant_nano_usd AS granted FROM granted
  UNION ALL
  SELECT spent_nano_usd, leased_nano_usd, 0 FROM budgets
   WHERE account = $1 AND period = $2 AND NOT EXISTS (SELECT FROM granted)`;

/** A budget that is used for the first time: what its key spent before there was a limit counts. */
export const CREATE_BUDGET = `
  INSERT INTO budgets (account, period, spent_nano_usd)
  SELECT $1, $2, coalesce(sum(cost_nano_usd), 0) FROM audit_log
   WHERE key_id = $3::uuid AND ($4::timestamptz IS NULL OR started_at >= $4)
  ON CONFLICT (account, period) DO NOTHING`;

/** Parameters: owner, account, period, amount. */
export const GIVE_BACK = `
  WITH budget AS (
    UPDATE budgets SET leased_nano_usd = leased_nano_usd - $4::bigint
     WHERE account = $2 AND period = $3
       AND EXISTS (SELECT FROM ledger_owners WHERE owner = $1::uuid FOR KEY SHARE)
    RETURNING account, period
  )
  UPDATE budget_leases l SET amount_nano_usd = l.amount_nano_usd - $4::bigint
    FROM budget b WHERE l.owner = $1::uuid AND l.account = b.account AND l.period = b.period`;

/** Parameters: request ids, owners, budgets, reserved amounts, rows. Safe to repeat. */
export const INSERT_INTENTS = `
  INSERT INTO budget_intents (request_id, owner, budgets, reserved_nano_usd, audit_row)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::jsonb[])
  ON CONFLICT (request_id) DO NOTHING`;

/**
 * Audit rows and the money they cost, in one statement. Money moves for an intent that is there, once, because
 * that removes it; a row that was there already costs nothing again. Budgets are locked in a fixed order.
 */
export const SETTLE_ROWS = `
  WITH ins AS (${INSERT_AUDIT_ROWS_RETURNING}),
  gone AS (
    DELETE FROM budget_intents WHERE request_id = ANY($1::uuid[]) RETURNING request_id, owner, budgets
  ), moved AS (
    SELECT gone.owner, b.account, b.period, coalesce(ins.cost_nano_usd, 0) AS cost
      FROM gone LEFT JOIN ins USING (request_id),
           LATERAL jsonb_to_recordset(gone.budgets) AS b(account text, period text)
  ), per_budget AS (
    SELECT account, period, sum(cost)::bigint AS cost FROM moved GROUP BY account, period
  ), locked AS (
    SELECT b.account, b.period, p.cost FROM budgets b JOIN per_budget p USING (account, period)
     ORDER BY b.account, b.period FOR NO KEY UPDATE OF b
  ), spent AS (
    UPDATE budgets b SET spent_nano_usd = b.spent_nano_usd + l.cost, leased_nano_usd = b.leased_nano_usd - l.cost
      FROM locked l WHERE b.account = l.account AND b.period = l.period
    RETURNING b.account
  ), per_lease AS (
    SELECT owner, account, period, sum(cost)::bigint AS cost FROM moved
     WHERE (SELECT count(*) FROM spent) >= 0 GROUP BY owner, account, period
  )
  UPDATE budget_leases l SET amount_nano_usd = l.amount_nano_usd - p.cost
    FROM per_lease p WHERE l.owner = p.owner AND l.account = p.account AND l.period = p.period`;

/** Frees what is left of an owner's leases, and the owner. After its intents are settled, in the same transaction. */
export const END_OWNER = `
  WITH gone AS (DELETE FROM budget_leases WHERE owner = $1::uuid RETURNING account, period, amount_nano_usd),
  locked AS (
    SELECT b.account, b.period, gone.amount_nano_usd AS amount FROM budgets b JOIN gone USING (account, period)
     ORDER BY b.account, b.period FOR NO KEY UPDATE OF b
  )
  UPDATE budgets b SET leased_nano_usd = b.leased_nano_usd - l.amount
    FROM locked l WHERE b.account = l.account AND b.period = l.period`;
