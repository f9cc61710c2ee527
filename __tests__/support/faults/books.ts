import { RECALL_LEASES } from "../services/recall-leases";

/**
 * What the books may say. `as billed`: what the provider bills, exactly. `not less`: for clients or providers that leave in the
 * middle or lie; it is estimated then, never to less than was billed. `not free`: for answers of which the provider had
 * sent more than ever came.
 */
export type BooksDemand = "as billed" | "not less" | "not free";

/** What the database says of money that keys have spent, and what the provider has billed, in nano-USD. */
export interface Books {
  readonly billed: number;
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

/** Asks for what is held and not used as well: the next look finds it given back. @param query of the gateways' database */
export async function readBooks(
  query: (sql: string) => Promise<Record<string, string>[]>,
): Promise<Omit<Books, "billed">> {
  await query(RECALL_LEASES);
  const [row = {}] = await query(SQL);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Number(value)]),
  ) as unknown as Omit<Books, "billed">;
}

/** @returns what is wrong with what was booked since `before` */
export function judgeBooks(before: Books, now: Books, demand: BooksDemand): string[] {
  const [billed, spent, audited, lost] = (["billed", "spent", "audited", "lost"] as const).map(
    (name) => now[name] - before[name],
  ) as [number, number, number, number];
  const figures = `billed ${usd(billed)}, rows ${usd(audited)} (lost: ${usd(lost)}), spent ${usd(spent)}`;
  const isRight = { "as billed": audited === billed, "not less": audited >= billed, "not free": audited > 0 };
  const problems: string[] = [];
  if (now.reserved !== 0 || now.intents !== 0)
    problems.push(`still reserved: ${usd(now.reserved)} for ${now.intents} batches`);
  if (spent !== audited) problems.push(`budgets and rows differ: ${figures}`);
  if (!isRight[demand]) problems.push(`rows are not what was billed: ${figures}`);
  if (lost !== 0) problems.push(`requests count as lost: ${figures}`);
  return problems;
}

const usd = (nano: number) => `$${nano / 1e9}`;
