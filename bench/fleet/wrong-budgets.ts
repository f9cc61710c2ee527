import { setTimeout as sleep } from "node:timers/promises";
import type { BenchDatabase } from "../processes/database";

/** How long what a request held may outlive it, in milliseconds. */
const SETTLE_MS = 15_000;

/** Budgets whose spend is not the sum of the rows of their period: none, whatever happened. */
const compare = (scope: "key" | "user", column: string) => `
  SELECT known.account, known.spent, sums.spent AS expected
    FROM (
      SELECT b.account, substr(b.account, ${scope.length + 2}) AS id,
             CASE WHEN strpos(b.period, '/') > 0 THEN split_part(b.period, '/', 1)::timestamptz ELSE '-infinity' END AS starts,
             CASE WHEN strpos(b.period, '/') > 0 THEN split_part(b.period, '/', 2)::timestamptz ELSE 'infinity' END AS ends,
             b.spent_nano_usd + coalesce((SELECT sum(l.spent_nano_usd) FROM budget_leases l
                                           WHERE l.account = b.account AND l.period = b.period), 0) AS spent
        FROM budgets b WHERE b.account LIKE '${scope}:%'
    ) AS known
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(cost_nano_usd), 0) AS spent FROM audit_log
       WHERE ${column} AND started_at >= known.starts AND started_at < known.ends
    ) AS sums
   WHERE known.spent <> sums.spent`;

/** @returns what is wrong with budgets, once nobody holds money any more; empty when nothing is */
export async function findWrongBudgets(database: BenchDatabase): Promise<string[]> {
  const held = async () =>
    Number((await database.query<{ count: string }>("SELECT count(*) FROM intent_batches"))[0]?.count);
  for (const end = Date.now() + SETTLE_MS; (await held()) > 0 && Date.now() < end; ) await sleep(100);
  const left = await held();
  const wrong = left === 0 ? [] : [`${left} batches of requests still hold money`];
  for (const sql of [compare("key", "key_id = known.id::uuid"), compare("user", "user_id = known.id")]) {
    const rows = await database.query<{ account: string; spent: string; expected: string }>(sql);
    wrong.push(
      ...rows
        .slice(0, 5)
        .map(({ account, spent, expected }) => `${account} has spent ${spent}, its rows say ${expected}`),
    );
    if (rows.length > 5) wrong.push(`${rows.length - 5} more budgets`);
  }
  return wrong;
}
