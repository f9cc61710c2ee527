import type { ClientBase, Pool } from "pg";
import type { BudgetId } from "../budget-store";
import { type CommitItem, NOBODY } from "../group-commit-entry";
import { INSERT_ROWS, MARK_LOST, REPLACE_LOST, SETTLE_ROWS, toColumns } from "./budget-statements";
import { arrayLiteral } from "./sql";

type Item = Pick<CommitItem, "row" | "intent">;

/** What one row costs one budget. */
interface Charge {
  readonly requestId: string;
  readonly owner: string;
  readonly account: string;
  readonly period: string;
  readonly costNano: number;
}

/**
 * Makes rows durable, and takes what they cost from their budgets, in one statement that is safe to repeat. Another one, only
 * where rows were there already: those that were written for lost requests make way, and their budgets are charged what the
 * requests really cost.
 */
export async function writeItems(client: Pool | ClientBase, items: readonly Item[]): Promise<void> {
  const written = await insertItems(client, items);
  if (written === items.length) return;
  const reserved = items.filter(({ intent }) => intent !== undefined);
  if (reserved.length === 0) return;
  const values = [...toColumns(reserved.map(({ row }) => row)), ...toArrays(reserved.flatMap(toCharges))];
  await client.query({ name: "replace-lost", text: REPLACE_LOST, values });
}

/** Writes the rows of lost requests, and charges what they say; a row that is there already stays, and costs nothing again. */
export async function writeLost(client: ClientBase, items: readonly Item[]): Promise<void> {
  await insertItems(client, items);
  const rows = items.map(({ row }) => row);
  await client.query(MARK_LOST, [
    arrayLiteral(rows, ({ requestId }) => requestId),
    arrayLiteral(rows, ({ startedAt }) => startedAt.toISOString()),
  ]);
}

/** @returns how many rows were not there yet */
async function insertItems(client: Pool | ClientBase, items: readonly Item[]): Promise<number> {
  if (items.length === 0) return 0;
  const rows = toColumns(items.map(({ row }) => row));
  const charges = items.flatMap(toCharges).filter(({ costNano }) => costNano !== 0);
  if (charges.length === 0)
    return (await client.query({ name: "insert-rows", text: INSERT_ROWS, values: rows })).rowCount ?? 0;
  const values = [...rows, ...toArrays(charges)];
  const settled = await client.query<{ written: number }>({ name: "settle-rows", text: SETTLE_ROWS, values });
  return settled.rows[0]?.written ?? 0;
}

function toArrays(charges: readonly Charge[]): string[] {
  return [
    arrayLiteral(charges, ({ requestId }) => requestId),
    arrayLiteral(charges, ({ owner }) => owner),
    arrayLiteral(charges, ({ account }) => account),
    arrayLiteral(charges, ({ period }) => period),
    arrayLiteral(charges, ({ costNano }) => costNano),
  ];
}

/** Runs the statements of `writeItems` with no rows. @throws when they cannot be written, whatever they are */
export async function tryStatements(client: Pool): Promise<void> {
  const nothing = toColumns([]);
  await client.query(INSERT_ROWS, nothing);
  const values = [...nothing, ...toArrays([])];
  await client.query(SETTLE_ROWS, values);
  await client.query(REPLACE_LOST, values);
}

function toCharges({ row, intent }: Item): Charge[] {
  if (intent === undefined) return [];
  const { requestId } = row;
  const costNano = row.costNanoUsd ?? 0;
  const charge = (owner: string) => (budget: BudgetId) => ({
    requestId,
    owner,
    account: budget.account,
    period: budget.period,
    costNano,
  });
  const reserved = intent.budgets.map(charge(intent.owner));
  return intent.unreserved === undefined ? reserved : [...reserved, ...intent.unreserved.map(charge(NOBODY))];
}
