import type { Pool } from "pg";
import type { CommitItem } from "../../../../../services/gateway/store/group-commit-entry";
import { NOBODY } from "../../../../../services/gateway/store/group-commit-entry";
import {
  tryStatements,
  writeItems,
  writeLost,
} from "../../../../../services/gateway/store/postgres/audit-rows";
import { MARK_LOST } from "../../../../../services/gateway/store/postgres/budget-statements";
import { auditRow } from "../../../../support/services/audit-row";

const OWNER = "11111111-1111-4111-8111-111111111111";
const KEY = { account: "key:k", period: "all" };
const END_USER = { account: "end_user:eve", period: "all" };
type Item = Pick<CommitItem, "row" | "intent">;

/** A database that says how many rows were new, and what it was sent. */
function open(written: number) {
  const sent: { name: string; values: readonly string[] }[] = [];
  const query = async (statement: string | { name: string; values: string[] }, values: string[] = []) => {
    if (typeof statement === "string")
      sent.push({ name: statement === MARK_LOST ? "mark-lost" : "", values });
    else sent.push(statement);
    return { rowCount: written, rows: [{ written }] };
  };
  return { pool: { query } as unknown as Pool, sent };
}
const namesOf = ({ sent }: ReturnType<typeof open>) => sent.map(({ name }) => name);
/** Request, owner, account, period, cost: the last five parameters. */
const chargesOf = (values: readonly string[] = []) => values.slice(-5);

const row = auditRow({ costNanoUsd: 7 });
const free: Item = { row: auditRow(), intent: undefined };
const paid: Item = { row, intent: { owner: OWNER, budgets: [KEY] } };

test("rows that no budget pays for are inserted, and no statement is sent for none", async () => {
  const database = open(1);
  await writeItems(database.pool, [free]);
  expect(namesOf(database)).toEqual(["insert-rows"]);
  const idle = open(0);
  await writeItems(idle.pool, []);
  expect(namesOf(idle)).toEqual([]);
});

test("what rows cost is taken from each of their budgets in the same statement", async () => {
  const database = open(2);
  const both: Item = { row, intent: { owner: OWNER, budgets: [KEY], unreserved: [END_USER] } };
  await writeItems(database.pool, [free, both]);
  expect(namesOf(database)).toEqual(["settle-rows"]);
  expect(chargesOf(database.sent[0]?.values)).toEqual([
    `{${row.requestId},${row.requestId}}`,
    `{${OWNER},${NOBODY}}`,
    "{key:k,end_user:eve}",
    "{all,all}",
    "{7,7}",
  ]);
});

test.each([0, null])("a row that costs %j charges nothing", async (costNanoUsd) => {
  const database = open(1);
  await writeItems(database.pool, [{ ...paid, row: auditRow({ costNanoUsd }) }]);
  expect(namesOf(database)).toEqual(["insert-rows"]);
});

test("where a row was there already those of reserved requests take the place of what was written for lost ones", async () => {
  const database = open(1);
  await writeItems(database.pool, [free, paid]);
  expect(namesOf(database)).toEqual(["settle-rows", "replace-lost"]);
  expect(chargesOf(database.sent[1]?.values)).toEqual([
    `{${row.requestId}}`,
    `{${OWNER}}`,
    "{key:k}",
    "{all}",
    "{7}",
  ]);
  const repeated = open(0);
  await writeItems(repeated.pool, [free]);
  expect(namesOf(repeated)).toEqual(["insert-rows"]);
});

test("rows of lost requests are written, marked, and never replace another", async () => {
  const database = open(0);
  await writeLost(database.pool as never, [paid]);
  expect(namesOf(database)).toEqual(["settle-rows", "mark-lost"]);
  expect(database.sent[1]?.values).toEqual([`{${row.requestId}}`, `{${row.startedAt.toISOString()}}`]);
});

test("statements are tried without a row", async () => {
  const database = open(0);
  await tryStatements(database.pool);
  expect(database.sent).toHaveLength(3);
  for (const { values } of database.sent) expect(new Set(values)).toEqual(new Set(["{}"]));
});
