import { randomUUID } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import type { Intent } from "../../../../../services/gateway/store/audit-log";
import type { CommitItem } from "../../../../../services/gateway/store/group-commit-entry";
import { Journal } from "../../../../../services/gateway/store/journal/journal";
import {
  CommitWatch,
  chargeBudgetsMadeSince,
} from "../../../../../services/gateway/store/postgres/audit-log";
import { type Database, openDatabase } from "../../../../../services/gateway/store/postgres/database";
import { createLogger } from "../../../../../services/shared/logger";
import { acquireLease } from "../../../../support/services/acquire-lease";
import { auditRow } from "../../../../support/services/audit-row";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";
import { temporaryFolder } from "../../../../support/temporary-folder";

describe("audit log", () => {
  /** The log with a journal, on a Postgres that crashes. What the journal does by itself is tested beside it. */
  const logger = createLogger({ name: "test", level: "silent" });
  const BUDGET = { account: `key:${randomUUID()}`, period: "all" };
  const ROOM = { fullNano: 500, preferredNano: 500, leastNano: 500, endNano: 500, wantNano: 0, since: null };

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
    await expect(entries[2]?.begin(intent(refused))).rejects.toMatchObject({
      name: "AuditNotCommittedError",
    });
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
});

describe("budgets made since", () => {
  const STARTED_AT = new Date("2026-03-10T12:00:00Z");
  const KEY_ID = randomUUID();
  const KEY = `key:${KEY_ID}`;
  const USER = "user:ada";
  const MARCH = "2026-03-01T00:00:00.000Z/2026-04-01T00:00:00.000Z";
  const APRIL = "2026-04-01T00:00:00.000Z/2026-05-01T00:00:00.000Z";

  let postgres: EmbeddedPostgres;
  let client: Client;

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start();
    client = new Client({ connectionString: await postgres.createDatabaseWithSchema("budgets_made_since") });
    await client.connect();
  });
  beforeEach(() => client.query("DELETE FROM budgets"));
  afterAll(async () => {
    await client?.end();
    await postgres?.stop();
  });

  /** @param createdAt minutes after the request started */
  const makeBudget = (account: string, period: string, createdAt: number, setAt: number | null = null) =>
    client.query(
      "INSERT INTO budgets (account, period, created_at, set_at) VALUES ($1, $2, $3::timestamptz + $4 * interval '1 min', $3::timestamptz + $5 * interval '1 min')",
      [account, period, STARTED_AT, createdAt, setAt],
    );

  const lateRow = (more: Partial<CommitItem["row"]> = {}) =>
    auditRow({
      startedAt: STARTED_AT,
      latencyMs: 120_000,
      keyId: KEY_ID,
      userId: "ada",
      costNanoUsd: 7,
      ...more,
    });

  /** @returns the budgets that a row is charged to without a lease */
  async function charged(row = lateRow(), intent?: CommitItem["intent"]) {
    const [item] = await chargeBudgetsMadeSince(client, [{ row, intent, onDurable: undefined }]);
    return item?.intent?.unreserved ?? [];
  }

  test("budgets of the key and the user that were made after the request started are charged", async () => {
    await makeBudget(KEY, "all", 5);
    await makeBudget(USER, MARCH, 5);
    await makeBudget("user:grace", "all", 5);
    const budgets = await charged();
    expect(budgets).toHaveLength(2);
    expect(budgets).toEqual(
      expect.arrayContaining([
        { account: KEY, period: "all" },
        { account: USER, period: MARCH },
      ]),
    );
  });

  test("what pays for the request already is charged once", async () => {
    await makeBudget(KEY, "all", 5);
    await makeBudget(USER, MARCH, 5);
    const reserved = { account: KEY, period: "all" };
    const known = { account: USER, period: MARCH };
    const intent = { owner: randomUUID(), budgets: [reserved], unreserved: [known] };
    await expect(charged(lateRow(), intent)).resolves.toEqual([known]);
  });

  test("budgets that were there before, and periods that do not hold the request, are left alone", async () => {
    await makeBudget(KEY, "all", -5);
    await makeBudget(KEY, APRIL, 5);
    await expect(charged()).resolves.toEqual([]);
  });

  test("spend that was set after the request forgets it, spend that was set while it ran does not", async () => {
    await makeBudget(KEY, "all", 5, 6);
    await makeBudget(USER, "all", 1, 1);
    await expect(charged()).resolves.toEqual([{ account: USER, period: "all" }]);
  });

  test("rows without a key, without a cost, or with a time beyond all measure are no trouble", async () => {
    await makeBudget(KEY, "all", 5);
    await expect(charged(lateRow({ keyId: null, userId: null }))).resolves.toEqual([]);
    await expect(charged(lateRow({ costNanoUsd: null }))).resolves.toEqual([]);
    await expect(charged(lateRow({ latencyMs: 1e15 }))).resolves.toHaveLength(1);
  });
});

describe("commit watch", () => {
  function open() {
    let now = 0;
    const watch = new CommitWatch(() => now);
    return { watch, pass: (ms: number) => (now += ms) };
  }

  const failing = (error: object) => () => Promise.reject(Object.assign(new Error("failed"), error));

  test("the last outcome counts, until it is too old to say something", async () => {
    const { watch, pass } = open();
    expect(watch.verdict).toBe("unknown");
    await watch.observe(async () => {});
    expect(watch.verdict).toBe("working");
    // The disk is full.
    await expect(watch.observe(failing({ code: "53100" }))).rejects.toThrow("failed");
    expect(watch.verdict).toBe("failing");
    await watch.observe(async () => {});
    pass(2999);
    expect(watch.verdict).toBe("working");
    pass(2);
    expect(watch.verdict).toBe("unknown");
  });

  test("a commit that does not come to its end is late before it has failed", async () => {
    const { watch, pass } = open();
    let end = () => {};
    const running = watch.observe(() => new Promise<void>((resolve) => (end = resolve)));
    await watch.observe(async () => {});
    pass(2001);
    expect(watch.verdict).toBe("late");
    end();
    await running;
    expect(watch.verdict).toBe("working");
  });

  test.each([
    ["a value that cannot be stored is none of the database's", { code: "22021" }, "working"],
    ["a lock that others hold for a moment says nothing", { code: "55P03" }, "unknown"],
    ["a server that only reads commits nothing", { code: "25006" }, "failing"],
    ["a schema that somebody altered takes nothing", { code: "42703" }, "failing"],
  ])("%s", async (_what, error, verdict) => {
    const { watch } = open();
    await watch.observe(failing(error)).catch(() => {});
    expect(watch.verdict).toBe(verdict);
  });
});
