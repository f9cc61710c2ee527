import type { LeaseRequest } from "../../ports/budget-store";
import { CREATE_BUDGET } from "./budget-statements";

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
export const isBoundedInNumber = (account: string): boolean => END_USER_ACCOUNT.test(account);

/**
 * The same as `CREATE_BUDGET` for a user: what all keys of the user spent before counts, and a sum that was set
 * counts from there when the budget is for ever. Parameters: account, period, user id, start of the period.
 */
const CREATE_USER_BUDGET = `
  INSERT INTO budgets (account, period, spent_nano_usd)
  SELECT $1, $2,
         (SELECT coalesce(sum(cost_nano_usd), 0) FROM audit_log
           WHERE user_id = $3 AND ($4::timestamptz IS NULL OR started_at >= $4))
       + (SELECT coalesce(sum(adjust_nano_usd), 0) FROM spend_baselines
           WHERE scope = 'user' AND id = $3 AND $4::timestamptz IS NULL)
  ON CONFLICT (account, period) DO NOTHING`;

/** The statement that makes a budget that is used for the first time. Safe to run by several gateways at once. */
export function createBudget({
  account,
  period,
  since,
}: Pick<LeaseRequest, "account" | "period" | "since">): {
  readonly text: string;
  readonly values: unknown[];
} {
  if (isBoundedInNumber(account))
    return { text: CREATE_END_USER_BUDGET, values: [account, period, MAX_BUDGETS] };
  const user = USER_ACCOUNT.exec(account)?.[1];
  if (user !== undefined) return { text: CREATE_USER_BUDGET, values: [account, period, user, since] };
  return { text: CREATE_BUDGET, values: [account, period, KEY_ACCOUNT.exec(account)?.[1] ?? null, since] };
}
