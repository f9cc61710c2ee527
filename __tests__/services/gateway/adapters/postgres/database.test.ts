import { Client } from "pg";
import { type Database, openDatabase } from "../../../../../services/gateway/adapters/postgres/database";
import { hashKey } from "../../../../../services/gateway/key-token";
import { createLogger } from "../../../../../services/shared/logger";
import { auditRow } from "../../../../support/services/audit-row";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";
import { HalfOpenProxy } from "../../../../support/services/half-open-proxy";
import { newKey } from "../../../../support/services/test-gateway";

const logger = createLogger({ name: "test", level: "silent" });
let postgres: EmbeddedPostgres;
let opened: Database[] = [];

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close(500)));
  opened = [];
});
afterAll(() => postgres.stop());

async function open(url: string, auditTimeoutMs = 10_000): Promise<Database> {
  const database = openDatabase({ connectionString: url, logger, auditTimeoutMs });
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

test("rows that could not be written while Postgres was away are written when it is back, each once", async () => {
  const url = await postgres.createDatabase("outage");
  const database = await open(url, 200);
  const entries = [database.audit.open(), database.audit.open()];
  await postgres.pause("immediate");
  for (const entry of entries)
    await expect(entry?.commit(auditRow())).rejects.toMatchObject({ name: "AuditNotCommittedError" });
  await eventually(() => !database.audit.isAccepting);
  expect(database.audit.open()).toBeUndefined();
  await expect(database.probe()).resolves.toBe(false);
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

test("a schema of a newer gateway is not touched, and the gateway does not become ready", async () => {
  const url = await postgres.createDatabase("newer");
  await open(url);
  await postgres.query(
    "INSERT INTO schema_migrations (version, name) VALUES (999, 'from-the-future')",
    "newer",
  );
  const old = openDatabase({ connectionString: url, logger });
  opened.push(old);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(old.keys.isReady).toBe(false);
  await expect(old.probe()).resolves.toBe(false);
});
