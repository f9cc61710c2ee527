import { Client } from "pg";
import { AuditPartitions } from "../../../../../services/gateway/adapters/postgres/audit-partitions";
import { migrate } from "../../../../../services/gateway/adapters/postgres/migrate";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

const DAY_MS = 86_400_000;

let postgres: EmbeddedPostgres;
let client: Client;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  client = new Client({ connectionString: await postgres.createDatabase("partitions") });
  await client.connect();
  await migrate(client);
});
afterAll(async () => {
  await client.end();
  await postgres.stop();
});

/** Partitions at a moment. Each is as after a restart at that time. */
async function run(now: string, retentionDays?: number): Promise<string[]> {
  const clock = { now: () => Date.parse(now) };
  const logger = { info: () => {} };
  const retention = retentionDays === undefined ? {} : { retentionMs: retentionDays * DAY_MS };
  await new AuditPartitions({ clock, logger: logger as never, ...retention }).onConnect(client);
  const { rows } = await client.query<{ name: string }>(
    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_log'::regclass ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

async function addRow(startedAt: string): Promise<void> {
  await client.query(
    `INSERT INTO audit_log (request_id, started_at, caller_kind, route, status, input_tokens, output_tokens,
       cache_read_tokens, cache_write_tokens, latency_ms, is_stream)
     VALUES (gen_random_uuid(), $1, 'key', '/v1/chat/completions', 200, 1, 1, 0, 0, 1, false)`,
    [startedAt],
  );
}

const count = async () =>
  (await client.query<{ n: number }>("SELECT count(*)::int AS n FROM audit_log")).rows[0]?.n;

test("months are made ahead, over the end of a year, and making them again changes nothing", async () => {
  const expected = ["audit_log_2026_11", "audit_log_2026_12", "audit_log_2027_01", "audit_log_other"];
  expect(await run("2026-11-24T12:00:00Z")).toEqual(expected);
  expect(await run("2026-11-30T23:59:59Z")).toEqual(expected);
});

test("a row is kept for its retention, and its month goes when all of it is older", async () => {
  await addRow("2026-11-01T00:00:00Z");
  await addRow("2026-11-30T23:59:59Z");
  await addRow("2026-12-15T00:00:00Z");
  expect(await run("2026-12-30T00:00:00Z", 30)).toContain("audit_log_2026_11");
  expect(await count()).toBe(3);
  expect(await run("2026-12-31T00:00:00Z", 30)).not.toContain("audit_log_2026_11");
  expect(await count()).toBe(1);
});

test("a row outside every month is stored all the same, and goes in its time", async () => {
  await addRow("2020-01-01T00:00:00Z");
  expect(await count()).toBe(2);
  await run("2026-12-31T00:00:00Z", 30);
  expect(await count()).toBe(1);
});
