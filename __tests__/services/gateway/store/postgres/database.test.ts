import { randomUUID } from "node:crypto";
import { Client, Pool } from "pg";
import { hashKey } from "../../../../../services/gateway/identity/keys";
import { SpentReader } from "../../../../../services/gateway/store/postgres/budget-store";
import { type Database, openDatabase } from "../../../../../services/gateway/store/postgres/database";
import { createLogger } from "../../../../../services/shared/logger";
import { auditRow } from "../../../../support/services/audit-row";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";
import { HalfOpenProxy } from "../../../../support/services/half-open-proxy";
import { newKey } from "../../../../support/services/test-gateway";

const logger = createLogger({ name: "test", level: "silent" });
let postgres: EmbeddedPostgres;
let opened: Database[] = [];
let databases = 0;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close(500)));
  opened = [];
});
afterAll(() => postgres.stop());

async function open(url: string, auditTimeoutMs = 10_000): Promise<Database> {
  const database = openDatabase({ address: { connectionString: url }, logger, auditTimeoutMs });
  opened.push(database);
  await eventually(() => database.audit.isAccepting);
  return database;
}

test("a change reaches the other replica by itself, and fast", async () => {
  const url = await postgres.createDatabase("replicas");
  const [here, there] = [await open(url), await open(url)];
  const hash = hashKey("sk-shared-00000000");
  const key = await here.keys.create(newKey("sk-shared-00000000", { keyAlias: "shared" }));
  const made = Date.now();
  await eventually(() => there.keys.findByHash(hash), 1000);
  await there.keys.delete([key.keyId]);
  expect(there.keys.findByHash(hash)).toBeUndefined();
  await eventually(() => here.keys.findByHash(hash) === undefined, 1000);
  expect(Date.now() - made).toBeLessThan(1000);
});

test("a connection whose other end has gone without a word is noticed: a revocation is known within 5 s", async () => {
  const url = await postgres.createDatabase("half_open");
  const proxy = await HalfOpenProxy.start(postgres.port);
  try {
    const there = await open(url);
    const here = await open(url.replace(`:${postgres.port}/`, `:${proxy.port}/`));
    const hash = hashKey("sk-revoked-00000000");
    const key = await there.keys.create(newKey("sk-revoked-00000000"));
    await eventually(() => here.keys.findByHash(hash));
    proxy.cutOff();
    const revoked = performance.now();
    await there.keys.delete([key.keyId]);
    await eventually(() => here.keys.findByHash(hash) === undefined, 40_000);
    expect(performance.now() - revoked).toBeLessThan(5000);
  } finally {
    await proxy.stop();
  }
}, 60_000);

test("connections that died together with the link are not tried one after the other, and their locks end", async () => {
  const url = await postgres.createDatabase("half_open_pool");
  const proxy = await HalfOpenProxy.start(postgres.port);
  try {
    const database = await open(url.replace(`:${postgres.port}/`, `:${proxy.port}/`), 60_000);
    const { pool } = database.budgets;
    await Promise.all(Array.from({ length: 4 }, () => pool.query("SELECT pg_sleep(0.1)")));
    const dead = await pool.connect();
    dead.on("error", () => {});
    await dead.query("BEGIN; LOCK TABLE audit_log_other");
    proxy.cutOff();
    const cutOff = performance.now();
    // The write that is under way waits for its time limit of 5 s; the next one goes through.
    await database.audit.open()?.commit(auditRow());
    expect(performance.now() - cutOff).toBeLessThan(15_000);
    dead.release(true);
  } finally {
    await proxy.stop();
  }
}, 60_000);

test("rows of the future, and a lock on the audit log, do not keep a gateway from connecting", async () => {
  const url = await postgres.createDatabase("future_rows");
  await (await open(url)).audit.open()?.commit(auditRow());
  await Promise.all(opened.splice(0).map((database) => database.close(500)));
  // As it is two months before the date of a row that a wrong clock has written.
  await postgres.query(
    `DO $$ DECLARE month text; BEGIN
       FOR month IN SELECT inhrelid::regclass::text FROM pg_inherits
                     WHERE inhparent = 'audit_log'::regclass AND inhrelid <> 'audit_log_other'::regclass
       LOOP EXECUTE 'DROP TABLE ' || month; END LOOP;
     END $$`,
    "future_rows",
  );
  await postgres.query(
    `INSERT INTO audit_log SELECT (r).* FROM (
       SELECT jsonb_populate_record(l, jsonb_build_object('request_id', gen_random_uuid(), 'started_at', now() + interval '1 month')) AS r
         FROM audit_log l) AS later`,
    "future_rows",
  );
  const locker = new Client({ connectionString: url });
  await locker.connect();
  await locker.query("BEGIN; LOCK TABLE audit_log_other IN ACCESS SHARE MODE");
  const database = await open(url);
  await database.audit.open()?.commit(auditRow());
  await locker.query("ROLLBACK");
  await locker.end();
  await eventually(() => database.probe());
});

test("a change that was missed while Postgres restarted is read afterwards; keys stay known meanwhile", async () => {
  const url = await postgres.createDatabase("missed");
  const here = await open(url);
  const [kept, gone] = [hashKey("sk-kept-0000000000"), hashKey("sk-gone-0000000000")];
  await here.keys.create(newKey("sk-kept-0000000000"));
  const key = await here.keys.create(newKey("sk-gone-0000000000"));
  await postgres.pause("immediate");
  expect(here.keys.findByHash(kept)).toBeDefined();
  await expect(here.keys.create(newKey("sk-new-00000000000"))).rejects.toMatchObject({
    name: "StoreUnavailableError",
  });
  await expect(here.spend.byKeys([key.keyId])).rejects.toMatchObject({ name: "StoreUnavailableError" });
  await postgres.resume();
  const sql = `UPDATE virtual_keys SET deleted_at = now(), version = nextval('virtual_keys_version') WHERE key_id = '${key.keyId}'`;
  await postgres.query(sql, "missed");
  await eventually(() => here.keys.findByHash(gone) === undefined);
  expect(here.keys.findByHash(kept)).toBeDefined();
});

test.each<[what: string, work: (database: Database) => Promise<unknown>]>([
  ["leases of a dead gateway are ended", ({ budgets }) => budgets.recover()],
  ["a gateway gives its leases back", ({ budgets }) => budgets.retire(randomUUID())],
  ["a key is made", ({ keys }) => keys.create(newKey("sk-crashed-00000000"))],
  [
    "a first budget is made",
    ({ budgets }) => budgets.create({ account: `key:${randomUUID()}`, period: "all", since: null }),
  ],
])("Postgres crashes while %s: only that fails", async (_what, work) => {
  databases += 1;
  const url = await postgres.createDatabase(`crash_${databases}`);
  const database = await open(url);
  const holder = new Client({ connectionString: url });
  holder.on("error", () => {});
  await holder.connect();
  await holder.query("BEGIN; LOCK TABLE ledger_owners, virtual_keys, budgets");
  const failed = work(database).then(
    () => "done",
    () => "failed",
  );
  await eventually(
    async () =>
      (
        await postgres.query(
          "SELECT FROM pg_stat_activity WHERE application_name = 'gateway' AND wait_event_type = 'Lock'",
        )
      ).length > 0,
  );
  try {
    await postgres.pause("immediate");
    await expect(failed).resolves.toBe("failed");
  } finally {
    await postgres.resume();
  }
  await eventually(() => database.audit.isAccepting);
  await expect(database.audit.open()?.commit(auditRow())).resolves.toBeUndefined();
});

test("rows that could not be written while Postgres was away are written when it is back, each once", async () => {
  const url = await postgres.createDatabase("outage");
  const database = await open(url, 200);
  const entries = [database.audit.open(), database.audit.open()];
  await postgres.pause("immediate");
  for (const entry of entries)
    await expect(entry?.commit(auditRow())).rejects.toMatchObject({ name: "AuditNotCommittedError" });
  await eventually(() => !database.audit.isAccepting);
  expect(database.audit.open()).toBeUndefined();
  await expect(database.probe()).resolves.toMatchObject({ isConnected: false, audit: "none" });
  await postgres.resume();
  await eventually(() => database.audit.isAccepting);
  await eventually(async () => (await postgres.query("SELECT * FROM audit_log", "outage")).length === 2);
  await eventually(() => database.probe());
});

test("a row that Postgres refuses does not stop the others", async () => {
  const database = await open(await postgres.createDatabase("refused"));
  const bad = database.audit.open()?.commit(auditRow({ requestId: "no uuid" }));
  const good = database.audit.open()?.commit(auditRow());
  await expect(bad).rejects.toMatchObject({ name: "AuditNotCommittedError" });
  await good;
  expect(database.audit.isAccepting).toBe(true);
});

/** Has Postgres say of some rows what it never would. */
const refuseRows = (database: string, condition: string, code: string) =>
  postgres.query(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN IF ${condition} THEN RAISE SQLSTATE '${code}' USING MESSAGE = 'refused'; END IF; RETURN NEW; END $$;
     CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()`,
    database,
  );

test.each(["22021", "23514", "42883", "54000", "P0001", "XX000"])(
  "a row that is refused with %s is given up alone, and rows of others are taken as before",
  async (code) => {
    const name = `refused_${code.toLowerCase()}`;
    const database = await open(await postgres.createDatabase(name));
    await refuseRows(name, "NEW.user_agent = 'poison'", code);
    const rows = Array.from({ length: 20 }, (_, index) =>
      auditRow({ userAgent: index === 13 ? "poison" : "tests" }),
    );
    const results = await Promise.allSettled(rows.map((row) => database.audit.open()?.commit(row)));
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
    expect(database.audit.isAccepting).toBe(true);
    await expect(postgres.query("SELECT FROM audit_log", name)).resolves.toHaveLength(19);
  },
);

test.each(["40P01", "40001"])(
  "rows that others were in the way of (%s) are written again at once",
  async (code) => {
    const name = `conflict_${code.toLowerCase()}`;
    const database = await open(await postgres.createDatabase(name));
    await postgres.query("CREATE SEQUENCE attempts", name);
    await refuseRows(name, "nextval('attempts') <= 3", code);
    await database.audit.open()?.commit(auditRow());
    expect(database.audit.isAccepting).toBe(true);
    await expect(postgres.query("SELECT FROM audit_log", name)).resolves.toHaveLength(1);
  },
);

test("when no row can be written because the schema is not as it was, all wait until it is", async () => {
  const database = await open(await postgres.createDatabase("altered"));
  await postgres.query("ALTER TABLE audit_log RENAME COLUMN route TO renamed", "altered");
  const [early, late] = [database.audit.open(), database.audit.open()];
  const written = early?.commit(auditRow());
  await eventually(() => !database.audit.isAccepting);
  const alsoWritten = late?.commit(auditRow());
  await postgres.query("ALTER TABLE audit_log RENAME COLUMN renamed TO route", "altered");
  await Promise.all([written, alsoWritten]);
  await eventually(() => database.audit.isAccepting);
  await expect(postgres.query("SELECT FROM audit_log", "altered")).resolves.toHaveLength(2);
});

test("a row that waits while a partition is made for it is stored in that", async () => {
  const database = await open(await postgres.createDatabase("attached"));
  const maker = new Client({ connectionString: postgres.url("attached") });
  await maker.connect();
  await maker.query("BEGIN; LOCK TABLE audit_log_other IN ACCESS EXCLUSIVE MODE");
  const written = database.audit.open()?.commit(auditRow());
  await eventually(
    async () => (await postgres.query("SELECT FROM pg_locks WHERE NOT granted", "attached")).length > 0,
  );
  await maker.query(
    `CREATE TABLE audit_log_2026_01 (LIKE audit_log INCLUDING DEFAULTS);
     ALTER TABLE audit_log ATTACH PARTITION audit_log_2026_01
       FOR VALUES FROM ('2026-01-01T00:00:00Z') TO ('2026-02-01T00:00:00Z');
     COMMIT`,
  );
  await maker.end();
  await written;
  await expect(postgres.query("SELECT FROM audit_log_2026_01", "attached")).resolves.toHaveLength(1);
});

test("a budget, a limit and a key are had although others were in the way", async () => {
  const name = "conflicts";
  const database = await open(await postgres.createDatabase(name));
  await postgres.query("CREATE SEQUENCE attempts", name);
  await postgres.query(
    `CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN IF nextval('attempts') % 3 <> 0 THEN RAISE SQLSTATE '40P01'; END IF; RETURN NEW; END $$;
     CREATE TRIGGER conflict BEFORE INSERT ON ledger_owners FOR EACH ROW EXECUTE FUNCTION conflict();
     CREATE TRIGGER conflict BEFORE INSERT ON rate_blocks FOR EACH ROW EXECUTE FUNCTION conflict();
     CREATE TRIGGER conflict BEFORE INSERT ON virtual_keys FOR EACH ROW EXECUTE FUNCTION conflict()`,
    name,
  );
  await database.budgets.register(randomUUID(), 60_000);
  const [grant] = await database.quotas.take([{ account: "requests:key:1", limit: 10, need: 1, want: 0 }]);
  expect(grant).toMatchObject({ granted: 1, used: 1 });
  await database.keys.create(newKey("sk-contested-0000000"));
  expect(database.keys.findByHash(hashKey("sk-contested-0000000"))).toBeDefined();
});

test("a schema of a newer gateway is not touched, and the gateway does not become ready", async () => {
  const url = await postgres.createDatabase("newer");
  await open(url);
  await postgres.query(
    "INSERT INTO schema_migrations (version, name) VALUES (999, 'from-the-future')",
    "newer",
  );
  const old = openDatabase({ address: { connectionString: url }, logger });
  opened.push(old);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(old.keys.isReady).toBe(false);
  await expect(old.probe()).resolves.toMatchObject({ isStarted: false, audit: "none" });
});

test("while the ledger does not answer in time nobody waits for it, and the first answer ends that", async () => {
  const url = await postgres.createDatabaseWithSchema("circuit");
  const database = await open(url);
  const register = () =>
    database.budgets.register(randomUUID(), 60_000).then(
      () => undefined,
      (error: { readonly cause: Error }) => error,
    );
  const locker = new Client({ connectionString: url });
  await locker.connect();
  await locker.query("BEGIN; LOCK TABLE ledger_owners IN ACCESS EXCLUSIVE MODE");
  // The server ends them, so that it is certain that nothing was done.
  for (const error of await Promise.all([register(), register(), register()]))
    expect(error).toMatchObject({ name: "StoreUnavailableError", isUnchanged: true });
  expect(database.isCircuitOpen()).toBe(true);
  const refused = await Promise.all(Array.from({ length: 50 }, register));
  const atOnce = refused.filter((error) => error?.cause.name === "CircuitOpenError");
  // One may have been the probe.
  expect(atOnce.length).toBeGreaterThanOrEqual(49);
  expect(atOnce).toEqual(atOnce.map(() => expect.objectContaining({ isUnchanged: true })));
  await locker.query("ROLLBACK");
  await eventually(async () => (await register()) === undefined);
  expect(database.isCircuitOpen()).toBe(false);
  await locker.end();
}, 30_000);

test("reports are asked of the replica, with little of the server; sums of keys and users of the primary", async () => {
  const primary = await open(await postgres.createDatabase("reports_primary"));
  const replica = await open(await postgres.createDatabase("reports_replica"));
  const keyId = randomUUID();
  const startedAt = new Date("2026-03-01T00:00:00Z");
  const period = { from: startedAt, to: new Date("2026-04-01T00:00:00Z") };
  for (const [database, costNanoUsd] of [
    [primary, 1],
    [replica, 2],
  ] as const)
    await database.audit.open()?.commit(auditRow({ keyId, userId: "ada", startedAt, costNanoUsd }));
  const both = openDatabase({
    address: { connectionString: postgres.url("reports_primary") },
    readAddress: { connectionString: postgres.url("reports_replica") },
    logger,
  });
  opened.push(both);
  await eventually(() => both.audit.isAccepting);
  const { spend } = both;
  expect((await spend.byKeys([keyId])).get(keyId)).toBe(1);
  expect((await spend.byUsers(["ada"])).get("ada")).toBe(1);
  expect((await spend.logs({}, { limit: 1, offset: 0 }))[0]?.costNanoUsd).toBe(2);
  expect(await spend.total(period)).toBe(2);
  const shown = await spend.reports.query(`
    SELECT name, setting FROM pg_settings
     WHERE name IN ('max_parallel_workers_per_gather', 'work_mem', 'statement_timeout', 'default_transaction_read_only') ORDER BY name`);
  expect(shown.rows.map((row) => row.setting)).toEqual(["on", "0", "10000", "16384"]);
});

test("a page of keys with budgets asks for what they have spent in one statement", async () => {
  const { budgets } = await open(await postgres.createDatabase("page_of_budgets"));
  const ids = Array.from({ length: 100 }, (_, index) => ({ account: `key:${index}`, period: "all" }));
  await budgets.setSpent({ account: "key:7", period: "all" }, 9);
  await budgets.setSpent({ account: "key:8", period: "2026" }, 5);
  const pool = new Pool({ connectionString: postgres.url("page_of_budgets"), max: 2 });
  const asked = jest.spyOn(pool, "query");
  const reader = new SpentReader(pool);
  const spent = await Promise.all(ids.map((id) => reader.read(id)));
  expect(asked).toHaveBeenCalledTimes(1);
  expect(spent.map((one, index) => [index, one]).filter(([, one]) => one !== undefined)).toEqual([[7, 9]]);
  await pool.end();
});
