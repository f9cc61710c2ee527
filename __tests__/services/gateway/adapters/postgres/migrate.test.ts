import { Client } from "pg";
import { type MigrationObserver, migrate } from "../../../../../services/gateway/adapters/postgres/migrate";
import { migrations } from "../../../../../services/gateway/adapters/postgres/migrations";
import type { Migration } from "../../../../../services/gateway/adapters/postgres/migrations/migration";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";

const FIRST: Migration = { version: 1, name: "first", sql: "CREATE TABLE facts (id int)" };
const COLUMN: Migration = { version: 2, name: "column", sql: "ALTER TABLE facts ADD COLUMN name text" };

let postgres: EmbeddedPostgres;
let name = "";
let count = 0;
const clients: Client[] = [];

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  count += 1;
  name = `migrate_${count}`;
  await postgres.createDatabase(name);
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});
afterAll(() => postgres.stop());

async function connect(application = "test"): Promise<Client> {
  const client = new Client({ connectionString: postgres.url(name), application_name: application });
  client.on("error", () => {});
  await client.connect();
  clients.push(client);
  return client;
}

/** What an observer is told. */
function observe() {
  const steps: string[] = [];
  const versions: number[] = [];
  const logger = { info: jest.fn(), warn: jest.fn() };
  const observer: MigrationObserver = {
    logger,
    onStep: (step) => void steps.push(step),
    onVersion: (version) => void versions.push(version),
  };
  return { observer, steps, versions, logger };
}

const versions = async () =>
  (await postgres.query<{ version: number }>("SELECT version FROM schema_migrations ORDER BY 1", name)).map(
    ({ version }) => version,
  );

test("what a step leaves behind is whole when a later one fails, which is named and is not tried again at once", async () => {
  const client = await connect();
  const wrong: Migration = { version: 2, name: "wrong", sql: "CREATE TABLE half (); SELECT 1 / 0" };
  await expect(migrate(client, [FIRST, wrong])).rejects.toThrow(
    "step 0002 wrong of the database schema failed",
  );
  expect(await versions()).toEqual([1]);
  await expect(postgres.query("SELECT FROM half", name)).rejects.toThrow("does not exist");
  await expect(migrate(await connect(), [FIRST, COLUMN])).resolves.toEqual([2]);
});

test("who waits for another gateway does not hold a transaction open meanwhile, and is done when that one is", async () => {
  const [holder, waiter, looker] = [await connect(), await connect("waiter"), await connect()];
  await holder.query("SELECT pg_advisory_lock(7205314)");
  const { observer, steps, logger } = observe();
  const migrated = migrate(waiter, [FIRST], observer);
  await eventually(() => steps.length > 1);
  const open = "SELECT FROM pg_stat_activity WHERE application_name = 'waiter' AND state <> 'idle'";
  await eventually(async () => (await looker.query(open)).rowCount === 0);
  expect(logger.info).toHaveBeenCalledWith("another gateway migrates the database schema; waiting for it");
  await migrate(holder, [FIRST]);
  await holder.query("SELECT pg_advisory_unlock_all()");
  await expect(migrated).resolves.toEqual([]);
});

test("a step does not stand in the way of others while a long reader keeps it from its lock, and is done after that", async () => {
  const [client, reader, writer] = [await connect(), await connect(), await connect()];
  await migrate(client, [FIRST]);
  await reader.query("BEGIN; SELECT FROM facts");
  const { observer, versions: seen } = observe();
  const migrated = migrate(client, [FIRST, COLUMN], observer);
  // Whoever writes gets through again and again: none of them waits until the reader ends.
  await writer.query("SET statement_timeout = 8000");
  for (let write = 0; write < 30; write += 1) await writer.query("INSERT INTO facts VALUES (1)");
  expect(seen).toEqual([1]);
  await reader.query("COMMIT");
  await expect(migrated).resolves.toEqual([2]);
  expect(seen).toEqual([1, 2]);
});

test("the lock that a step begins with is had for all partitions in time, or for none", async () => {
  const [client, reader] = [await connect(), await connect()];
  await migrate(client, [FIRST]);
  await reader.query("BEGIN; LOCK TABLE facts IN ROW EXCLUSIVE MODE");
  const trigger: Migration = { ...COLUMN, lock: "facts IN SHARE ROW EXCLUSIVE MODE" };
  const migrated = migrate(client, [FIRST, trigger]);
  const isBetween = "SELECT FROM pg_stat_activity WHERE state = 'idle' AND query = 'ROLLBACK'";
  await eventually(async () => (await postgres.query(isBetween, name)).length > 0);
  await reader.query("COMMIT");
  await expect(migrated).resolves.toEqual([2]);
});

test("a gateway that is killed in the middle leaves whole steps, and another one goes on", async () => {
  const victim = await connect("victim");
  const slow: Migration = { ...COLUMN, sql: `${COLUMN.sql}; SELECT pg_sleep(600)` };
  const killed = migrate(victim, [FIRST, slow]).catch((error: Error) => error);
  const sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
  await eventually(async () => (await postgres.query(sleeping)).length > 0);
  await postgres.query(`SELECT pg_terminate_backend(pid) FROM (${sleeping}) AS s`);
  expect(await killed).toBeInstanceOf(Error);
  await expect(migrate(await connect(), [FIRST, COLUMN])).resolves.toEqual([2]);
});

test("a newer schema is refused, and nothing is locked to find out", async () => {
  const client = await connect();
  await migrate(client, [FIRST, COLUMN]);
  await (await connect()).query("SELECT pg_advisory_lock(7205314)");
  await expect(migrate(client, [FIRST])).rejects.toThrow(
    "the database schema has version 2, this gateway knows 1",
  );
});

test("the versions of all steps grow, and none comes twice", () => {
  const order = migrations.map(({ version }) => version);
  expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
});
