import { Client } from "pg";
import { migrations } from "../../../../../services/gateway/store/postgres/migrations";
import type { Migration } from "../../../../../services/gateway/store/postgres/migrations/migration";
import { OnlineIndexes } from "../../../../../services/gateway/store/postgres/online-indexes";
import { migrate } from "../../../../../services/gateway/store/postgres/schema";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";

const INDEX = { name: "audit_log_by_route", table: "audit_log", on: "(route, started_at)" };
const PLAIN = {
  name: "virtual_keys_by_user",
  table: "virtual_keys",
  on: "(user_id) WHERE deleted_at IS NULL",
};
const STEP: Migration = { version: 1000, name: "indexes", sql: "", indexes: [INDEX, PLAIN] };
const ALL = [...migrations, STEP];

let postgres: EmbeddedPostgres;
let url = "";
let client: Client;
let count = 0;
const others: Client[] = [];
const logger = { info: jest.fn(), warn: jest.fn() };

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  jest.clearAllMocks();
  count += 1;
  url = await postgres.createDatabaseWithSchema(`indexes_${count}`);
  client = await connect();
});
afterEach(() => Promise.all(others.splice(0).map((one) => one.end())));
afterAll(() => postgres.stop());

async function connect(): Promise<Client> {
  const other = new Client({ connectionString: url });
  other.on("error", () => {});
  await other.connect();
  others.push(other);
  return other;
}

const month = (name: string, from: string, to: string) =>
  client.query(`CREATE TABLE ${name} PARTITION OF audit_log FOR VALUES FROM ('${from}') TO ('${to}')`);
const addRows = (at: string, rows = 10) =>
  client.query(
    `INSERT INTO audit_log (request_id, started_at, caller_kind, route, status, input_tokens, output_tokens,
       cache_read_tokens, cache_write_tokens, latency_ms, is_stream)
     SELECT gen_random_uuid(), '${at}', 'key', '/v1/messages', 200, 1, 1, 0, 0, 1, false FROM generate_series(1, ${rows})`,
  );
const addKey = () =>
  client.query(
    `INSERT INTO virtual_keys (key_id, token_hash, key_name, created_by, updated_by, version)
     VALUES (gen_random_uuid(), repeat('a', 64), 'sk-...', 'test', 'test', 1)`,
  );
/** Every index that reads `route` or users of keys, and whether it counts. */
const indexes = async () =>
  Object.fromEntries(
    (
      await client.query<{ name: string; isValid: boolean }>(
        `SELECT indexrelid::regclass::text AS name, indisvalid AS "isValid" FROM pg_index
          WHERE pg_get_indexdef(indexrelid) ~ 'route|user_id\\) WHERE' ORDER BY 1`,
      )
    ).rows.map(({ name, isValid }) => [name, isValid]),
  );
const build = (time = { now: 0 }) => {
  const task = new OnlineIndexes({
    address: { connectionString: url },
    logger,
    indexes: [INDEX, PLAIN],
    clock: { now: () => time.now },
    tellMs: 50,
  });
  return { task, time };
};

const COMPLETE = {
  audit_log_2026_01_by_route: true,
  audit_log_2026_02_by_route: true,
  audit_log_by_route: true,
  audit_log_other_by_route: true,
  virtual_keys_by_user: true,
};

async function fill(): Promise<void> {
  await month("audit_log_2026_01", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
  await month("audit_log_2026_02", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
  await addRows("2026-01-10T00:00:00Z");
  await addRows("2030-01-10T00:00:00Z");
  await addKey();
}

test("on tables without rows the step itself makes them, and there is nothing to build", async () => {
  await migrate(client, ALL);
  expect(Object.values(await indexes())).not.toContain(false);
  const { task } = build();
  await task.run(client);
  expect(task.isDue).toBe(false);
  expect(logger.info).not.toHaveBeenCalled();
});

test("the step declares them and is done; they are built partition by partition, and a partition of later has its own", async () => {
  await fill();
  await migrate(client, ALL);
  expect(await indexes()).toEqual({ audit_log_by_route: false });
  await month("audit_log_2026_03", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
  const { task, time } = build();
  await task.run(client);
  const made = await indexes();
  expect(made).toMatchObject(COMPLETE);
  expect(Object.keys(made)).toHaveLength(6);
  await month("audit_log_2026_04", "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z");
  expect(Object.entries(await indexes())).toHaveLength(7);
  time.now += 86_400_000;
  expect(task.isDue).toBe(false);
  expect(task.building).toBeUndefined();
});

test("an INVALID index is rebuilt; a finished one stays", async () => {
  await fill();
  await migrate(client, ALL);
  // Somebody who reads another table keeps the second from being finished; then the one who builds is killed.
  await client.query("CREATE INDEX audit_log_2026_01_by_route ON audit_log_2026_01 (route, started_at)");
  const [reader, victim] = [await connect(), await connect()];
  await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM users");
  const killed = build()
    .task.run(victim)
    .catch((error: Error) => error);
  const building = "SELECT pid FROM pg_stat_progress_create_index";
  await eventually(async () => (await postgres.query(building)).length > 0);
  await eventually(async () => (await indexes())["audit_log_2026_02_by_route"] === false);
  await postgres.query(`SELECT pg_terminate_backend(pid) FROM (${building}) AS b`);
  expect(await killed).toBeInstanceOf(Error);
  await reader.query("COMMIT");
  await eventually(async () => {
    await build().task.run(client);
    expect(await indexes()).toEqual(COMPLETE);
    return true;
  });
});

test("whom it waits for is told, those who write do not wait, and a partition that goes meanwhile is no obstacle", async () => {
  await fill();
  await migrate(client, ALL);
  const [reader, builder] = [await connect(), await connect()];
  await reader.query(
    "SET application_name = 'pg_dump'; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM users",
  );
  const { task } = build();
  const built = task.run(builder);
  await eventually(() => logger.info.mock.calls.some(([fields]) => fields.waitsFor != null));
  expect(logger.info).toHaveBeenCalledWith(
    expect.objectContaining({
      step: "index audit_log_2026_01_by_route",
      waitsFor: [expect.objectContaining({ application: "pg_dump" })],
    }),
    "still building an index online",
  );
  expect(task.building?.step).toBe("index audit_log_2026_01_by_route");
  await client.query("SET statement_timeout = 8000");
  await addRows("2026-01-11T00:00:00Z");
  await addRows("2030-01-11T00:00:00Z");
  await client.query("DROP TABLE audit_log_2026_02");
  await reader.query("COMMIT");
  await built;
  const { audit_log_2026_02_by_route: _gone, ...left } = COMPLETE;
  expect(await indexes()).toEqual(left);
  expect(logger.warn).not.toHaveBeenCalled();
});

test("an index that lacked nothing but what a dropped partition had is complete", async () => {
  await fill();
  await migrate(client, ALL);
  for (const partition of ["audit_log_2026_01", "audit_log_other"])
    await client.query(
      `CREATE INDEX ${partition}_by_route ON ${partition} (route, started_at);
       ALTER INDEX audit_log_by_route ATTACH PARTITION ${partition}_by_route`,
    );
  await client.query("DROP TABLE audit_log_2026_02");
  expect(await indexes()).toMatchObject({ audit_log_by_route: false });
  await build().task.run(client);
  expect(await indexes()).toMatchObject({ audit_log_by_route: true });
});

test("only one replica builds; the other looks again later", async () => {
  await fill();
  await migrate(client, ALL);
  await (await connect()).query("SELECT pg_advisory_lock(7205322)");
  const { task, time } = build();
  await task.run(client);
  expect(await indexes()).toEqual({ audit_log_by_route: false });
  expect(task.isDue).toBe(false);
  time.now += 60_000;
  expect(task.isDue).toBe(true);
});

test("an index that the server refuses is told, and does not end anything", async () => {
  await fill();
  await migrate(client, ALL);
  await client.query("CREATE TABLE audit_log_2026_01_by_route ()");
  const { task, time } = build();
  await task.run(client);
  expect(logger.warn).toHaveBeenCalledWith(
    expect.objectContaining({ index: "index audit_log_2026_01_by_route" }),
    expect.stringContaining("retrying"),
  );
  await client.query("DROP TABLE audit_log_2026_01_by_route");
  time.now += 3_600_000;
  expect(task.isDue).toBe(true);
  await task.run(client);
  expect(await indexes()).toEqual(COMPLETE);
});
