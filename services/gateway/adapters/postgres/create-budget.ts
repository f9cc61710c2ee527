import type { ClientBase } from "pg";
import type { LeaseRequest } from "../../ports/budget-store";
import {
  CREATE_BUDGET,
  CREATE_BUDGET_OF_KEY,
  CREATE_BUDGET_OF_USER,
  UNCOUNTED_OF_KEY,
  UNCOUNTED_OF_USER,
} from "./budget-statements";

/** `key:` accounts are named by the key's id, and rows know that id. */
const KEY_ACCOUNT = /^key:([0-9a-f-]{36})$/;
const USER_ACCOUNT = /^user:(.+)$/s;
const END_USER_ACCOUNT = /^end_user:/;

/**
 * Budgets that are kept at most, about, before end users get no new ones: callers make their names up, and one that has spent
 * something is kept for ever.
 */
export const MAX_BUDGETS = 1_000_000;

/** By the server's own estimate, since counting would take longer than the question. Parameters: account, period, budgets at most. */
const CREATE_END_USER_BUDGET = `
  INSERT INTO budgets (account, period)
  SELECT $1, $2 WHERE (SELECT reltuples FROM pg_class WHERE oid = 'budgets'::regclass) < $3
  ON CONFLICT (account, period) DO NOTHING`;

/** Whether there may be no more of its kind, however little it needs. */
const isBoundedInNumber = (account: string): boolean => END_USER_ACCOUNT.test(account);

/** Makes a budget that is used for the first time. Safe to run by several gateways at once. */
export async function createBudget(
  client: ClientBase,
  { account, period, since }: Pick<LeaseRequest, "account" | "period" | "since">,
): Promise<void> {
  if (isBoundedInNumber(account)) {
    await client.query(CREATE_END_USER_BUDGET, [account, period, MAX_BUDGETS]);
    return;
  }
  const key = KEY_ACCOUNT.exec(account)?.[1];
  const user = USER_ACCOUNT.exec(account)?.[1];
  const id = key ?? user;
  if (id === undefined) {
    await client.query(CREATE_BUDGET, [account, period]);
    return;
  }
  const create = key === undefined ? CREATE_BUDGET_OF_USER : CREATE_BUDGET_OF_KEY;
  const values = [account, period, id, since];
  const { rows } = await client.query("SELECT FROM spend_backfill LIMIT 1");
  if (rows.length === 0) {
    await client.query(create, [...values, "0"]);
    return;
  }
  await client.query("BEGIN");
  try {
    // No day is added up until the budget is there, or it would be in both sums.
    await client.query("LOCK TABLE spend_backfill IN SHARE MODE");
    const uncounted = key === undefined ? UNCOUNTED_OF_USER : UNCOUNTED_OF_KEY;
    const [sum] = (await client.query<{ spent: string }>(uncounted, [id, since])).rows;
    await client.query(create, [...values, sum?.spent]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
