import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { AuditPartitions } from "../../../../../services/gateway/adapters/postgres/audit-partitions";
import { migrate } from "../../../../../services/gateway/adapters/postgres/migrate";
import { migrations } from "../../../../../services/gateway/adapters/postgres/migrations";
import { SpendRollups } from "../../../../../services/gateway/adapters/postgres/spend-rollups";
import { writeItems } from "../../../../../services/gateway/adapters/postgres/write-items";
import { monotonicClock } from "../../../../../services/gateway/ports/clock";
import { auditRow } from "../../../../support/services/audit-row";
import { addUpAllDays } from "../../../../support/services/daily-spend";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

let postgres: EmbeddedPostgres;
let client: Client;
let url: string;
let count = 0;
const logger = { info: jest.fn(), warn: jest.fn() };

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  jest.clearAllMocks();
  count += 1;
  url = await postgres.createDatabase(`rollups_${count}`);
  client = new Client({ connectionString: url });
  await client.connect();
});
afterEach(() => client.end());
afterAll(() => postgres?.stop());

const rollups = () => new SpendRollups({ clock: monotonicClock, logger: logger as never });
const write = (...moments: string[]) =>
  writeItems(
    client,
    moments.map((moment, index) => ({
      row: auditRow({ startedAt: new Date(moment), costNanoUsd: 10 ** index }),
      intent: undefined,
    })),
  );
/** What a gateway of the version before wrote. */
const writeBefore = (...moments: string[]) =>
  client.query(
    `INSERT INTO audit_log (request_id, started_at, caller_kind, key_id, route, model_requested, status, input_tokens, output_tokens,
                            cache_read_tokens, cache_write_tokens, cost_nano_usd, latency_ms, is_stream)
     SELECT gen_random_uuid(), at, 'key', gen_random_uuid(), '/v1/messages', 'model', 200, 1, 2, 3, 4, 10, 5, false
       FROM unnest($1::timestamptz[]) AS at`,
    [moments],
  );
const daysOf = async (table: string) =>
  (await client.query<{ day: string }>(`SELECT day::text AS day FROM ${table} ORDER BY 1`)).rows.map(
    ({ day }) => day,
  );
const differences = async () =>
  (
    await client.query(
      "SELECT d.* FROM generate_series('2026-01-01'::date, '2026-04-01'::date, interval '1 day') AS day, spend_differences(day::date) AS d",
    )
  ).rows;

test("the upgrade knows the days from before without reading their rows, and each is added up once", async () => {
  await migrate(
    client,
    migrations.filter(({ version }) => version < 15),
  );
  await writeBefore(
    "2026-01-31T23:59:59.999Z",
    "2026-02-01T00:00:00Z",
    "2026-02-01T12:00:00Z",
    "2026-03-03T00:00:00Z",
  );
  await migrate(client);
  await expect(daysOf("spend_backfill")).resolves.toEqual(["2026-01-31", "2026-02-01", "2026-03-03"]);
  // One gateway has been upgraded, another one not yet.
  await write("2026-02-01T00:00:00Z");
  await writeBefore("2026-03-03T00:00:00Z");
  await expect(differences()).resolves.toEqual([]);
  await addUpAllDays(client);
  await expect(daysOf("spend_backfill")).resolves.toEqual([]);
  await expect(differences()).resolves.toEqual([]);
  const { rows } = await client.query(
    "SELECT day::text, sum(requests)::int AS requests FROM spend_daily GROUP BY day ORDER BY day",
  );
  expect(rows).toEqual([
    { day: "2026-01-31", requests: 1 },
    { day: "2026-02-01", requests: 3 },
    { day: "2026-03-03", requests: 2 },
  ]);
});

test("retention waits for days that are still to be added up", async () => {
  await migrate(
    client,
    migrations.filter(({ version }) => version < 15),
  );
  await client.query(
    "CREATE TABLE audit_log_2024_03 PARTITION OF audit_log FOR VALUES FROM ('2024-03-01T00:00:00Z') TO ('2024-04-01T00:00:00Z')",
  );
  await client.query("UPDATE audit_clock SET seen_at = clock_timestamp()");
  await writeBefore("2024-03-10T00:00:00Z", "2023-01-01T00:00:00Z");
  await migrate(client);
  const drop = () => new AuditPartitions({ logger: logger as never, retentionMs: 86_400_000 }).run(client);
  const rowsLeft = async () => (await client.query("SELECT FROM audit_log")).rowCount;
  await drop();
  await expect(rowsLeft()).resolves.toBe(2);
  await addUpAllDays(client);
  await drop();
  await expect(rowsLeft()).resolves.toBe(0);
  const { rows } = await client.query("SELECT sum(cost_nano_usd)::int AS spent FROM spend_daily");
  expect(rows).toEqual([{ spent: 20 }]);
});

test("what the trigger wrote is moved, also by several gateways at the same time", async () => {
  await migrate(client);
  await client.query(
    `INSERT INTO spend_deltas SELECT '2026-03-01', $1, null, null, 'ada', n % 7 || '', 'model', null, null, 1, 2, 3, 4, 5, n
       FROM generate_series(1, 12000) AS n`,
    [randomUUID()],
  );
  const other = new Client({ connectionString: url });
  await other.connect();
  await Promise.all([addUpAllDays(client), addUpAllDays(other)]);
  await other.end();
  const { rows } = await client.query(
    "SELECT count(*)::int AS groups, sum(requests)::int AS requests, sum(cost_nano_usd)::int AS spent FROM spend_daily",
  );
  expect(rows).toEqual([{ groups: 7, requests: 12_000, spent: (12_000 * 12_001) / 2 }]);
});

test("it says how much waits, also where another gateway moves it", async () => {
  await migrate(client);
  const other = new Client({ connectionString: url });
  await other.connect();
  await other.query("BEGIN");
  await other.query("SELECT pg_advisory_xact_lock(7205321)");
  await write("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
  const task = rollups();
  await task.run(client);
  expect(task.deltasPending).toBe(2);
  expect(task.isDue).toBe(false);
  await other.end();
  const next = rollups();
  await next.run(client);
  expect(next.deltasPending).toBe(0);
});

test("a value that an index could not take, and sums beyond all integers, are kept", async () => {
  await migrate(client);
  const long = Array.from({ length: 3000 }, () => randomUUID()).join("");
  await writeItems(
    client,
    [1, 2, 3].map(() => ({
      row: auditRow({
        startedAt: new Date("2026-03-01T00:00:00Z"),
        keyId: null,
        userId: null,
        endUser: long,
        inputTokens: 2 ** 53 - 1,
        costNanoUsd: 9.2e18,
      }),
      intent: undefined,
    })),
  );
  await addUpAllDays(client);
  const { rows } = await client.query("SELECT requests::int, cost_nano_usd::text FROM spend_daily");
  expect(rows).toEqual([{ requests: 3, cost_nano_usd: "27600000000000000000" }]);
  await expect(differences()).resolves.toEqual([]);
});
