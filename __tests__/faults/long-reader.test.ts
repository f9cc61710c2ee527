import { Client } from "pg";
import { migrations } from "../../services/gateway/store/postgres/migrations";
import { OnlineIndexes } from "../../services/gateway/store/postgres/online-indexes";
import { migrate } from "../../services/gateway/store/postgres/schema";
import { eventually } from "../support/services/eventually";
import { askChat, GatewayProcesses, isReady, makeKey } from "../support/services/gateway-processes";
import { LockWatch } from "../support/services/lock-watch";
import { MeteredProvider } from "../support/services/metered-provider";
import type { ServiceProcess } from "../support/services/service-process";

/**
 * A transaction that reads for hours, such as that of `pg_dump`, holds every table against whatever changes one: then nobody may wait
 * for such a lock in whose way everybody else comes.
 */
let processes: GatewayProcesses;
let provider: MeteredProvider;
const clients: Client[] = [];
let watch: LockWatch | undefined;

beforeAll(async () => {
  provider = await MeteredProvider.start();
  processes = await GatewayProcesses.start({
    upstreamUrl: provider.url,
    env: { AUDIT_RETENTION: "30d", LOG_LEVEL: "info" },
  });
}, 60_000);
afterEach(async () => {
  await watch?.stop();
  watch = undefined;
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await processes.stopGateways();
});
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

async function connect(database: string, application: string): Promise<Client> {
  const client = new Client({
    connectionString: processes.postgres.url(database),
    application_name: application,
  });
  client.on("error", () => {});
  await client.connect();
  clients.push(client);
  return client;
}

/** What a dump does first. It is older than a second when this resolves. */
async function dump(database: string): Promise<Client> {
  const client = await connect(database, "pg_dump");
  const tables = await client.query<{ names: string }>(
    "SELECT string_agg(relname, ', ') AS names FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace",
  );
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  await client.query(`LOCK TABLE ${tables.rows[0]?.names} IN ACCESS SHARE MODE`);
  await client.query("SELECT count(*), pg_sleep(1.1) FROM audit_log");
  return client;
}

const ADD_ROWS = `INSERT INTO audit_log (request_id, started_at, caller_kind, route, status, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, latency_ms, is_stream)
  SELECT gen_random_uuid(), $1::timestamptz + n * interval '1 ms', 'key', '/v1/messages', 200, 1, 1, 0, 0, 1, false
    FROM generate_series(1, $2) AS n`;

const partitions = async () =>
  (
    await processes.query<{ name: string }>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_log'::regclass ORDER BY 1",
    )
  ).map(({ name }) => name);

test("partitions that are due for being made and dropped hold up no request, and are when the dump ends", async () => {
  await processes.useDatabase("dumped");
  // A gateway ran until now, and the months that it made have come.
  await processes.startGateway();
  await eventually(async () => (await partitions()).length >= 4);
  await processes.stopGateways();
  const last = (await partitions()).at(-2) ?? "";
  await processes.query(`DROP TABLE ${last}`);
  await processes.query(
    `CREATE TABLE audit_log_2020_01 PARTITION OF audit_log FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z')`,
  );
  await (await connect("dumped", "old-gateway")).query(ADD_ROWS, ["2020-01-15Z", 1]);

  const reader = await dump("dumped");
  watch = await LockWatch.start(processes.postgres.url("dumped"));
  const gateways = await Promise.all([processes.startGateway(), processes.startGateway()]);
  const [first] = gateways as [ServiceProcess, ServiceProcess];
  const keys = await Promise.all([
    makeKey(first, { max_budget: 1000 }),
    makeKey(first, { max_budget: 1000 }),
  ]);
  const statuses: number[] = [];
  const caller = async (gateway: ServiceProcess, key: string) => {
    for (let count = 0; count < 40; count += 1) {
      const response = await askChat(gateway, key);
      await response.text();
      statuses.push(response.status);
    }
  };
  // The second gateway hears of the keys.
  for (const gateway of gateways)
    for (const key of keys) await eventually(async () => (await askChat(gateway, key)).status === 200);
  await Promise.all(
    gateways.flatMap((gateway) => keys.flatMap((key) => [caller(gateway, key), caller(gateway, key)])),
  );
  expect(statuses).toEqual(statuses.map(() => 200));
  await watch.stop();
  // Nobody was in a queue, not even for a moment.
  expect(watch.looks).toBeGreaterThan(10);
  expect([...watch.waits]).toEqual([]);
  expect(await partitions()).toContain("audit_log_2020_01");
  expect(await partitions()).not.toContain(last);

  await reader.query("COMMIT");
  await eventually(async () => {
    const present = await partitions();
    return present.includes(last) && !present.includes("audit_log_2020_01");
  }, 60_000);
}, 120_000);

test("an upgrade beside a dump waits for it, and nobody waits behind the upgrade", async () => {
  await processes.useDatabase("upgraded");
  const old = await connect("upgraded", "old-gateway");
  await migrate(
    old,
    migrations.filter(({ version }) => version <= 9),
  );
  const reader = await dump("upgraded");
  const gateways = await Promise.all([processes.startUnready(), processes.startUnready()]);
  await eventually(
    () => gateways.some(({ output }) => output.includes("schema change is waiting for locks")),
    30_000,
  );
  const told = gateways.map(({ output }) => output).join("");
  expect(told).toContain('"application":"pg_dump"');
  expect(told).toContain("another gateway is migrating the database schema, waiting for it");
  // What an old gateway writes meanwhile goes through, again and again.
  await old.query("SET statement_timeout = 10000");
  for (let write = 0; write < 20; write += 1) await old.query(ADD_ROWS, ["2026-01-01Z", 1]);
  await reader.query("COMMIT");
  await eventually(async () => (await Promise.all(gateways.map(isReady))).every(Boolean), 60_000);
}, 120_000);

test("an index over 200,000 rows is built while rows are written", async () => {
  const url = await processes.postgres.createDatabaseWithSchema("indexed");
  const [client, writer] = [await connect("indexed", "builder"), await connect("indexed", "gateway")];
  await client.query(
    "CREATE TABLE audit_log_2026_01 PARTITION OF audit_log FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z')",
  );
  for (let batch = 0; batch < 4; batch += 1) await client.query(ADD_ROWS, [`2026-01-0${batch + 1}Z`, 50_000]);
  const index = { name: "audit_log_by_route", table: "audit_log", on: "(route, started_at)" };
  await migrate(client, [...migrations, { version: 1000, name: "index", sql: "", indexes: [index] }]);
  const logger = { info: jest.fn(), warn: jest.fn() };
  watch = await LockWatch.start(url);
  let isBuilt = false;
  const built = new OnlineIndexes({ address: { connectionString: url }, logger, indexes: [index] })
    .run(client)
    .then(() => {
      isBuilt = true;
    });
  let written = 0;
  for (; !isBuilt || written === 0; written += 1) await writer.query(ADD_ROWS, ["2026-01-10Z", 1]);
  await built;
  await watch.stop();
  const waits = [...watch.waits.keys()].filter((wait) => wait.startsWith("gateway waits"));
  // Only for the moment in which the partition's index becomes part of the table's.
  expect(waits.filter((wait) => !wait.includes("_by_route"))).toEqual([]);
  const state = await client.query<{ n: number; isValid: boolean }>(
    `SELECT (SELECT count(*)::int FROM audit_log WHERE route = '/v1/messages') AS n, indisvalid AS "isValid"
       FROM pg_index WHERE indexrelid = 'audit_log_by_route'::regclass`,
  );
  expect(state.rows).toEqual([{ n: 200_000 + written, isValid: true }]);
}, 120_000);
