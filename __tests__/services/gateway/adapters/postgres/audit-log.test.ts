import { randomUUID } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Journal } from "../../../../../services/gateway/adapters/journal/journal";
import { type Database, openDatabase } from "../../../../../services/gateway/adapters/postgres/database";
import type { Intent } from "../../../../../services/gateway/ports/audit-log";
import { createLogger } from "../../../../../services/shared/logger";
import { acquireLease } from "../../../../support/services/acquire-lease";
import { auditRow } from "../../../../support/services/audit-row";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";
import { temporaryFolder } from "../../../../support/temporary-folder";

/** The log with a journal, on a Postgres that crashes. What the journal does by itself is tested beside it. */
const logger = createLogger({ name: "test", level: "silent" });
const BUDGET = { account: `key:${randomUUID()}`, period: "all" };
const ROOM = { fullNano: 500, ampleNano: 500, leastNano: 500, endNano: 500, wantNano: 0, since: null };

let postgres: EmbeddedPostgres;
let opened: Database[] = [];
let directory: string;
let name: string;
let count = 0;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  count += 1;
  name = `journal_${count}`;
  directory = join(temporaryFolder(), "journal");
  await postgres.createDatabaseWithSchema(name);
});
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close(500)));
  opened = [];
});
afterAll(() => postgres.stop());

function open(journal: object = {}): Database {
  const database = openDatabase({
    address: { connectionString: postgres.url(name) },
    logger,
    auditTimeoutMs: 5000,
    journal: { directory, ...journal },
  });
  opened.push(database);
  return database;
}

const rows = () =>
  postgres.query<{ request_id: string; cost: number; error_type: string | null }>(
    "SELECT request_id, cost_nano_usd::int AS cost, error_type FROM audit_log",
    name,
  );
const books = async () =>
  (
    await postgres.query<Record<string, number>>(
      // What was spent from a lease stands with it; the rest of the lease is free or reserved.
      `SELECT (b.spent_nano_usd + coalesce(sum(l.spent_nano_usd), 0))::int AS spent,
              (b.leased_nano_usd - coalesce(sum(l.spent_nano_usd), 0))::int AS leased,
              (SELECT count(*)::int FROM intent_batches) AS intents
         FROM budgets b LEFT JOIN budget_leases l USING (account, period) GROUP BY b.account, b.period`,
      name,
    )
  )[0];

test("rows are durable without Postgres, intents are not; both are settled when it is back", async () => {
  const database = open();
  await eventually(() => database.audit.isAccepting);
  const owner = randomUUID();
  await database.budgets.register(owner, 60_000);
  await acquireLease(database.budgets, { ...BUDGET, ...ROOM, owner, limitNano: 1000 });
  const intent = (row: Intent["row"]): Intent => ({
    requestId: row.requestId,
    owner,
    budgets: [BUDGET],
    reservedNano: 500,
    row,
  });
  const [sent, plain, refused] = [auditRow({ costNanoUsd: 300 }), auditRow(), auditRow({ costNanoUsd: 0 })];
  const entries = [database.audit.open(), database.audit.open(), database.audit.open()];
  await entries[0]?.begin(intent(sent));

  await postgres.pause("immediate");
  await expect(entries[2]?.begin(intent(refused))).rejects.toMatchObject({ name: "AuditNotCommittedError" });
  const settled = jest.fn();
  await entries[0]?.commit(sent, settled);
  await entries[1]?.commit(plain);
  await entries[2]?.commit(refused);
  expect(settled).not.toHaveBeenCalled();
  expect(database.audit.isAccepting).toBe(true);
  expect(database.audit.journalBytes).toBeGreaterThan(1000);
  await database.audit.open()?.commit(auditRow());

  await postgres.resume();
  await eventually(() => settled.mock.calls.length === 1 && database.audit.journalBytes === 0);
  expect((await rows()).map((row) => row.request_id)).toEqual(
    expect.arrayContaining([sent.requestId, plain.requestId, refused.requestId]),
  );
  await expect(rows()).resolves.toHaveLength(4);
  // Intents of requests that have ended go with the next ones, or after a while.
  await eventually(async () => (await books())?.["intents"] === 0);
  await expect(books()).resolves.toEqual({ spent: 300, leased: 200, intents: 0 });
  await expect(database.flush(1000)).resolves.toBe(0);
});

test("a row in the journal of a gateway that was given up for dead takes the lost row's place when it is replayed", async () => {
  const database = open();
  await eventually(() => database.audit.isAccepting);
  const owner = randomUUID();
  await database.budgets.register(owner, 0);
  await acquireLease(database.budgets, { ...BUDGET, ...ROOM, owner, limitNano: 1000 });
  const row = auditRow({ costNanoUsd: 300 });
  await database.audit
    .open()
    ?.begin({ requestId: row.requestId, owner, budgets: [BUDGET], reservedNano: 500, row });
  // Its row is in the journal of a process that cannot reach Postgres.
  await database.budgets.recover();
  const journal = new Journal({ directory });
  await journal.append([{ row, intent: { owner, budgets: [BUDGET] } }]);
  await journal.close();

  const next = open();
  await eventually(() => next.audit.isAccepting);
  expect(readdirSync(directory)).toEqual([]);
  await expect(rows()).resolves.toEqual([{ request_id: row.requestId, cost: 300, error_type: null }]);
  await expect(books()).resolves.toEqual({ spent: 300, leased: 0, intents: 0 });
});

test("an intent that Postgres lost in a crash is written again when it is back", async () => {
  const database = open();
  await eventually(() => database.audit.isAccepting);
  const owner = randomUUID();
  await database.budgets.register(owner, 60_000);
  await acquireLease(database.budgets, { ...BUDGET, ...ROOM, owner, limitNano: 1000 });
  const row = auditRow();
  await database.audit
    .open()
    ?.begin({ requestId: row.requestId, owner, budgets: [BUDGET], reservedNano: 500, row });
  // As if it had not come to the disk.
  await postgres.query("DELETE FROM intent_batches", name);
  await postgres.pause("immediate");
  await postgres.resume();
  await eventually(async () => (await books())?.["intents"] === 1);
  await database.budgets.retire(owner);
  await expect(books()).resolves.toEqual({ spent: 500, leased: 0, intents: 0 });
});

test("what a dead process left is replayed before anything is accepted, twice or once alike", async () => {
  const left = Array.from({ length: 1200 }, () => ({ row: auditRow(), intent: undefined }));
  const journal = new Journal({ directory });
  await journal.append(left);
  await journal.append(left.slice(0, 10));
  await journal.close();
  const database = open();
  let begun = false;
  void database.audit.begun.then(() => {
    begun = true;
  });
  expect([database.audit.isAccepting, database.audit.open()]).toEqual([false, undefined]);
  await eventually(() => database.audit.isAccepting);
  expect([begun, database.audit.journalBytes]).toEqual([true, 0]);
  await expect(rows()).resolves.toHaveLength(1200);
});

test("when the journal is full, nothing is accepted until Postgres is back", async () => {
  const database = open({ maxBytes: 100 });
  await eventually(() => database.audit.isAccepting);
  await postgres.pause("immediate");
  await eventually(async () => !(await database.probe()).isConnected);
  expect(database.audit.isAccepting).toBe(true);
  await database.audit.open()?.commit(auditRow());
  expect([database.audit.isAccepting, database.audit.open()]).toEqual([false, undefined]);
  await postgres.resume();
  await eventually(() => database.audit.isAccepting);
  await eventually(async () => (await rows()).length === 1);
});

test("when the disk takes nothing either, rows wait and nothing is accepted", async () => {
  const database = open();
  await eventually(() => database.audit.isAccepting);
  const entry = database.audit.open();
  await postgres.pause("immediate");
  rmSync(directory, { recursive: true });
  const row = auditRow();
  const committed = entry?.commit(row);
  await eventually(() => !database.audit.isAccepting);
  expect(database.audit.open()).toBeUndefined();
  await postgres.resume();
  await committed;
  await expect(rows()).resolves.toMatchObject([{ request_id: row.requestId }]);
});
