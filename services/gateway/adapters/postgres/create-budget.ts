import type { LeaseRequest } from "../../ports/budget-store";
import { CREATE_BUDGET, CREATE_BUDGET_OF_KEY, CREATE_BUDGET_OF_USER } from "./budget-statements";

/** `key:` accounts are named by the key's id, and rows know that id. */
const KEY_ACCOUNT = /^key:([0-9a-f-]{36})$/;
const USER_ACCOUNT = /^user:(.+)$/s;

/** The statement that makes a budget that is used for the first time. Safe to run by several gateways at once. */
export function createBudget({
  account,
  period,
  since,
}: Pick<LeaseRequest, "account" | "period" | "since">): {
  readonly text: string;
  readonly values: unknown[];
} {
  const key = KEY_ACCOUNT.exec(account)?.[1];
  if (key !== undefined) return { text: CREATE_BUDGET_OF_KEY, values: [account, period, key, since] };
  const user = USER_ACCOUNT.exec(account)?.[1];
  if (user !== undefined) return { text: CREATE_BUDGET_OF_USER, values: [account, period, user, since] };
  return { text: CREATE_BUDGET, values: [account, period] };
}
