import type { ClientBase, Pool } from "pg";
import type { BudgetId } from "../../ports/budget-store";
import { type CommitItem, NOBODY } from "../commit-item";
import { arrayLiteral } from "./array-literal";
import { BUDGETS_MADE_SINCE } from "./budget-statements";

/** No request takes this long; a clock that was set may say so, and a moment beyond all years cannot be written. */
const LONGEST_MS = 86_400_000;

/**
 * Rows that come late, from a journal, and the budgets that were made meanwhile. A gateway that was cut off or had ended did not know
 * of them, and they began with the rows that were there: without this what it spent would be in no budget.
 */
export async function chargeBudgetsMadeSince(
  client: Pool | ClientBase,
  items: readonly CommitItem[],
): Promise<readonly CommitItem[]> {
  const costly = items.map(({ row }) => row).filter(({ costNanoUsd }) => costNanoUsd);
  if (costly.length === 0) return items;
  const { rows } = await client.query<BudgetId & { requestId: string }>(BUDGETS_MADE_SINCE, [
    arrayLiteral(costly, ({ requestId }) => requestId),
    arrayLiteral(costly, ({ startedAt }) => startedAt.toISOString()),
    arrayLiteral(costly, ({ startedAt, latencyMs }) =>
      new Date(startedAt.getTime() + Math.min(latencyMs, LONGEST_MS)).toISOString(),
    ),
    arrayLiteral(costly, ({ keyId }) => (keyId === null ? null : `key:${keyId}`)),
    arrayLiteral(costly, ({ userId }) => (userId === null ? null : `user:${userId}`)),
  ]);
  if (rows.length === 0) return items;
  return items.map((item) => {
    const { requestId, startedAt } = item.row;
    const made = rows.filter((one) => one.requestId === requestId && holds(one.period, startedAt));
    return made.length === 0 ? item : { ...item, intent: charging(item.intent, made) };
  });
}

/** Whether a period, `<start>/<end>` or for ever, holds a moment. */
function holds(period: string, moment: Date): boolean {
  const [start, end] = period.split("/").map(Date.parse);
  if (start === undefined || end === undefined) return true;
  return moment.getTime() >= start && moment.getTime() < end;
}

function charging(intent: CommitItem["intent"], made: readonly BudgetId[]): CommitItem["intent"] {
  const { owner = NOBODY, budgets = [], unreserved = [] } = intent ?? {};
  const isCharged = ({ account, period }: BudgetId) =>
    [...budgets, ...unreserved].some((one) => one.account === account && one.period === period);
  const missing = made.filter((budget) => !isCharged(budget));
  return {
    owner,
    budgets,
    unreserved: [...unreserved, ...missing.map(({ account, period }) => ({ account, period }))],
  };
}
