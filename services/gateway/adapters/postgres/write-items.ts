import type { ClientBase, Pool } from "pg";
import type { AuditRow } from "../../ports/audit-log";
import type { Intent } from "../../ports/budget-store";
import type { CommitItem } from "../commit-item";
import { INSERT_AUDIT_ROWS, toColumns } from "./audit-columns";
import { INSERT_INTENTS, SETTLE_ROWS } from "./budget-statements";

/**
 * Makes a batch durable: intents first, then rows, each in one statement, each safe to repeat. An intent and its
 * own row may be in one batch; then the row settles it.
 */
export async function writeItems(pool: Pool, items: readonly CommitItem[]): Promise<void> {
  const intents = items.flatMap((item) => (item.kind === "intent" ? [item.intent] : []));
  const rows = items.flatMap((item) => (item.kind === "row" ? [item] : []));
  if (intents.length > 0) {
    await pool.query({ name: "insert-intents", text: INSERT_INTENTS, values: toIntentColumns(intents) });
  }
  if (rows.some((item) => item.hasIntent)) {
    await settleRows(
      pool,
      rows.map(({ row }) => row),
    );
  } else if (rows.length > 0) {
    const values = toColumns(rows.map(({ row }) => row));
    await pool.query({ name: "insert-audit-rows", text: INSERT_AUDIT_ROWS, values });
  }
  for (const { onDurable } of rows) onDurable?.();
}

/** Rows, and the money of those that have an intent. */
export async function settleRows(client: Pool | ClientBase, rows: readonly AuditRow[]): Promise<void> {
  await client.query({ name: "settle-rows", text: SETTLE_ROWS, values: toColumns(rows) });
}

function toIntentColumns(intents: readonly Intent[]): unknown[][] {
  return [
    intents.map((intent) => intent.requestId),
    intents.map((intent) => intent.owner),
    intents.map((intent) => JSON.stringify(intent.budgets)),
    intents.map((intent) => intent.reservedNano),
    intents.map((intent) => JSON.stringify(intent.row)),
  ];
}
