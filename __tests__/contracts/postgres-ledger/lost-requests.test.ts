import { randomUUID } from "node:crypto";
import { Client } from "pg";
import type { AuditRow } from "../../../services/gateway/store/audit-log";
import { writeItems } from "../../../services/gateway/store/postgres/audit-rows";
import type { Database } from "../../../services/gateway/store/postgres/database";
import { migrations } from "../../../services/gateway/store/postgres/migrations";
import { migrate } from "../../../services/gateway/store/postgres/schema";
import {
  acquire,
  BUDGET,
  books,
  OTHER,
  paidRow,
  query,
  register,
  useLedgerDatabases,
} from "../../support/services/ledger-databases";
import type { LedgerRow } from "../ledger.contract";

const { createEmpty, openOne } = useLedgerDatabases();

/** A request on BUDGET and OTHER that is reserved 300 and settled as lost, and how its own row comes late. */
async function loseRequest(database: Database, cost: number, more: Partial<AuditRow> = {}) {
  const owner = await register(database);
  for (const budget of [BUDGET, OTHER]) await acquire(database, owner, 600, budget);
  const row = { ...paidRow(cost), ...more };
  const entry = database.audit.open();
  const intent = { requestId: row.requestId, owner, budgets: [BUDGET, OTHER] };
  await entry?.begin({ ...intent, reservedNano: 300, row: { ...row, costNanoUsd: 0 } });
  await database.budgets.retire(owner);
  return { row, intent, late: (onDurable?: () => void) => entry?.commit(row, onDurable) };
}

const historyOf = (database: Database, { requestId }: AuditRow) =>
  query(
    database,
    `SELECT cost_nano_usd::int AS cost, status, error_type AS "errorType", lost_cost_nano_usd::int AS lost,
            lost_at IS NOT NULL AS "wasLost" FROM audit_log WHERE request_id = $1`,
    [requestId],
  );

test("a row that comes after its request was settled as lost takes that row's place and refunds its budgets, once", async () => {
  const database = await openOne();
  const { row, intent, late } = await loseRequest(database, 50);
  await expect(historyOf(database, row)).resolves.toEqual([
    { cost: 300, status: 500, errorType: "gateway_lost", lost: 300, wasLost: true },
  ]);
  const onDurable = jest.fn();
  await late(onDurable);
  expect(onDurable).toHaveBeenCalledTimes(1);
  const replaced = [{ cost: 50, status: 200, errorType: null, lost: 300, wasLost: true }];
  await expect(historyOf(database, row)).resolves.toEqual(replaced);
  for (const budget of [BUDGET, OTHER])
    await expect(books(database, budget)).resolves.toEqual({ spent: 50, leased: 0, leases: [] });
  // A batch whose outcome was unknown is written again, and so is a journal that two processes have read.
  const other = { row: paidRow(9), intent };
  await Promise.all([1, 2, 3].map(() => writeItems(database.budgets.pool, [{ row, intent }, other])));
  await expect(historyOf(database, row)).resolves.toEqual(replaced);
  for (const budget of [BUDGET, OTHER])
    await expect(books(database, budget)).resolves.toEqual({ spent: 59, leased: 0, leases: [] });
});

test("a late row that cost nothing, or more than was reserved, is charged what it cost", async () => {
  const database = await openOne();
  await (await loseRequest(database, 0)).late();
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(0);
  await (await loseRequest(database, 700)).late();
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(700);
});

test("spend that was set after a request was lost is not changed by its late row", async () => {
  const database = await openOne();
  const keyId = randomUUID();
  const { row, late } = await loseRequest(database, 50, { keyId, userId: "ada" });
  await database.budgets.setSpent(BUDGET, 0);
  await database.spend.set("key", keyId, 20);
  await late();
  await expect(historyOf(database, row)).resolves.toMatchObject([{ cost: 50, errorType: null }]);
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(0);
  await expect(database.budgets.spentNano(OTHER)).resolves.toBe(50);
  // The sums of rows were set too, of the key only.
  expect((await database.spend.byKeys([keyId])).get(keyId)).toBe(20);
  expect((await database.spend.byUsers(["ada"])).get("ada")).toBe(50);
});

test("a late row is charged to a budget that was set while its request ran, whenever that was used first", async () => {
  const database = await openOne();
  const [before, after] = [
    { account: "user:grace", period: "before" },
    { account: "user:grace", period: "after" },
  ];
  const other = await register(database);
  await acquire(database, other, 1, before);
  const { row, intent } = await loseRequest(database, 50, { userId: "grace" });
  // Begins with the sum of the rows, that of the lost request included.
  await acquire(database, other, 1, after);
  await expect(database.budgets.spentNano(after)).resolves.toBe(300);
  const unreserved = [before, after];
  await writeItems(database.budgets.pool, [{ row, intent: { ...intent, unreserved } }]);
  for (const budget of [BUDGET, OTHER, ...unreserved])
    await expect(database.budgets.spentNano(budget)).resolves.toBe(50);
});

test("a row that meets the end of its owner is charged once, and what it cost, whoever comes first", async () => {
  const database = await openOne();
  const rounds = 20;
  for (let round = 0; round < rounds; round += 1) {
    const owner = await register(database);
    await acquire(database, owner, 40, BUDGET, 1_000_000);
    const row = paidRow(1);
    const entry = database.audit.open();
    await entry?.begin({ requestId: row.requestId, owner, budgets: [BUDGET], reservedNano: 30, row });
    await Promise.all([entry?.commit(row), database.budgets.retire(owner)]);
    await expect(historyOf(database, row)).resolves.toMatchObject([{ cost: 1, errorType: null }]);
  }
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: rounds, leased: 0, leases: [] });
});

test("a late row of an ended owner is charged although the budget was swept meanwhile", async () => {
  const database = await openOne();
  const owner = await register(database);
  await acquire(database, owner, 5);
  // Its intent was lost in a crash, and the owner ended without it.
  await database.budgets.retire(owner);
  await query(database, "DELETE FROM budgets");
  const row = paidRow(3);
  await writeItems(database.budgets.pool, [{ row, intent: { owner, budgets: [BUDGET] } }]);
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(3);
});

test("the schema that kept intents one by one is taken over with what is open", async () => {
  const url = await createEmpty();
  const client = new Client({ connectionString: url });
  await client.connect();
  const [owner, done] = [randomUUID(), paidRow(20)];
  const open: AuditRow[] = [paidRow(0), paidRow(0)];
  try {
    await migrate(
      client,
      migrations.filter(({ version }) => version < 7),
    );
    await client.query("INSERT INTO ledger_owners VALUES ($1, now() - interval '1 s')", [owner]);
    for (const { account, period } of [BUDGET, OTHER]) {
      await client.query("INSERT INTO budgets VALUES ($1, $2, 20, 480, 100)", [account, period]);
      await client.query("INSERT INTO budget_leases VALUES ($1, $2, $3, 480)", [owner, account, period]);
    }
    await writeOldIntent(client, owner, open[0] as AuditRow, 200, [BUDGET]);
    await writeOldIntent(client, owner, open[1] as AuditRow, 30, [BUDGET, OTHER]);
  } finally {
    await client.end();
  }
  const database = await openOne(url);
  await writeItems(database.budgets.pool, [{ row: done, intent: undefined }]);
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(20);
  await expect(database.budgets.recover()).resolves.toBe(1);
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: 250, leased: 0, leases: [] });
  await expect(books(database, OTHER)).resolves.toEqual({ spent: 50, leased: 0, leases: [] });
  await expect(query(database, "SELECT * FROM intent_batches")).resolves.toEqual([]);
  const rows = await query<LedgerRow>(
    database,
    `SELECT request_id AS "requestId", cost_nano_usd::float8 AS cost, error_type AS "errorType" FROM audit_log ORDER BY cost_nano_usd`,
  );
  expect(rows).toEqual([
    { requestId: done.requestId, cost: 20, errorType: null },
    { requestId: open[1]?.requestId, cost: 30, errorType: "gateway_lost" },
    { requestId: open[0]?.requestId, cost: 200, errorType: "gateway_lost" },
  ]);
});

async function writeOldIntent(
  client: Client,
  owner: string,
  row: AuditRow,
  reservedNano: number,
  budgets: readonly (typeof BUDGET)[],
): Promise<void> {
  await client.query("INSERT INTO budget_intents VALUES ($1, $2, $3, $4, $5)", [
    row.requestId,
    owner,
    JSON.stringify(budgets),
    reservedNano,
    JSON.stringify(row),
  ]);
}
