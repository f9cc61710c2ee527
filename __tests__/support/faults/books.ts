/** What the database says of money that keys have spent, in nano-USD. */
export interface Books {
  /** In budgets, those that a gateway has leased included. */
  readonly spent: number;
  /** Costs of audit rows. */
  readonly audited: number;
  /** Held for requests that are running. */
  readonly reserved: number;
  /** Of `audited`: what rows of lost gateways say. */
  readonly lost: number;
  /** Requests that are recorded as running. */
  readonly intents: number;
  readonly rows: number;
}

const SQL = `
  WITH lease AS (
    SELECT coalesce(sum(spent_nano_usd), 0) AS spent FROM budget_leases WHERE account LIKE 'key:%'
  ), budget AS (
    SELECT coalesce(sum(spent_nano_usd), 0) AS spent, coalesce(sum(leased_nano_usd), 0) AS leased
      FROM budgets WHERE account LIKE 'key:%'
  ), log AS (
    SELECT count(*) AS rows, coalesce(sum(cost_nano_usd), 0) AS audited,
           coalesce(sum(cost_nano_usd) FILTER (WHERE error_type = 'gateway_lost'), 0) AS lost FROM audit_log
  )
  SELECT budget.spent + lease.spent AS spent, budget.leased - lease.spent AS reserved, log.audited, log.lost, log.rows,
         (SELECT count(*) FROM intent_batches) AS intents
    FROM budget, lease, log`;

/** @param query of the gateways' database */
export async function readBooks(query: (sql: string) => Promise<Record<string, string>[]>): Promise<Books> {
  const [row = {}] = await query(SQL);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Number(value)]),
  ) as unknown as Books;
}
