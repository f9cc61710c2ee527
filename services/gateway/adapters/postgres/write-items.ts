import type { ClientBase, Pool } from "pg";
import type { CommitItem } from "../commit-item";
import { arrayLiteral } from "./array-literal";
import { toColumns } from "./audit-columns";
import { INSERT_ROWS, SETTLE_ROWS } from "./budget-statements";

/** What one row costs one budget. */
interface Charge {
  readonly requestId: string;
  readonly owner: string;
  readonly account: string;
  readonly period: string;
  readonly costNano: number;
}

/** Makes rows durable, and takes what they cost from their budgets, in one statement that is safe to repeat. */
export async function writeItems(
  client: Pool | ClientBase,
  items: readonly Pick<CommitItem, "row" | "intent">[],
): Promise<void> {
  if (items.length === 0) return;
  const rows = toColumns(items.map(({ row }) => row));
  const charges = items.flatMap(toCharges);
  if (charges.length === 0) {
    await client.query({ name: "insert-rows", text: INSERT_ROWS, values: rows });
    return;
  }
  const money = [
    arrayLiteral(charges, ({ requestId }) => requestId),
    arrayLiteral(charges, ({ owner }) => owner),
    arrayLiteral(charges, ({ account }) => account),
    arrayLiteral(charges, ({ period }) => period),
    arrayLiteral(charges, ({ costNano }) => costNano),
  ];
  await client.query({ name: "settle-rows", text: SETTLE_ROWS, values: [...rows, ...money] });
}

/** Runs the statements of `writeItems` with no rows. @throws when they cannot be written, whatever they are */
export async function tryStatements(client: Pool): Promise<void> {
  const nothing = toColumns([]);
  await client.query(INSERT_ROWS, nothing);
  await client.query(SETTLE_ROWS, [...nothing, ...Array.from({ length: 5 }, () => "{}")]);
}

function toCharges({ row, intent }: Pick<CommitItem, "row" | "intent">): Charge[] {
  const costNano = row.costNanoUsd ?? 0;
  if (intent === undefined || costNano === 0) return [];
  const { requestId } = row;
  return intent.budgets.map(({ account, period }) => ({
    requestId,
    owner: intent.owner,
    account,
    period,
    costNano,
  }));
}
