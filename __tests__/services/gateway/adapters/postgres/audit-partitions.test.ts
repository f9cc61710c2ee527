import { Client } from "pg";
import { AuditPartitions } from "../../../../../services/gateway/adapters/postgres/audit-partitions";
import { migrate } from "../../../../../services/gateway/adapters/postgres/migrate";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { movableDatabaseClock } from "../../../../support/services/movable-database-clock";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

let postgres: EmbeddedPostgres;
let client: Client;
let setTime: (now: string) => Promise<void>;
let count = 0;
const logger = { info: jest.fn(), warn: jest.fn() };

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  jest.clearAllMocks();
  count += 1;
  client = new Client({ connectionString: await postgres.createDatabase(`partitions_${count}`) });
  await client.connect();
  await migrate(client);
  setTime = await movableDatabaseClock(client);
});
afterEach(() => client.end());
afterAll(() => postgres.stop());

const months = async () =>
  (
    await client.query<{ name: string }>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_log'::regclass ORDER BY 1",
    )
  ).rows.map(({ name }) => name);

/** A run at a moment of the database's clock, by a process that has just started. @returns the partitions */
async function run(now: string, retentionDays?: number): Promise<string[]> {
  await setTime(now);
  const retention = retentionDays === undefined ? {} : { retentionMs: retentionDays * DAY_MS };
  await new AuditPartitions({ logger: logger as never, ...retention }).run(client);
  return months();
}

/** Runs as they come while a gateway is there: often enough for all of the time to be seen. */
async function runFrom(start: string, end: string, retentionDays?: number): Promise<string[]> {
  for (let at = Date.parse(start); at < Date.parse(end); at += 20 * HOUR_MS)
    await run(new Date(at).toISOString(), retentionDays);
  return run(end, retentionDays);
}

const addRow = async (startedAt: string) =>
  void (await client.query(
    `INSERT INTO audit_log (request_id, started_at, caller_kind, route, status, input_tokens, output_tokens,
       cache_read_tokens, cache_write_tokens, latency_ms, is_stream)
     VALUES (gen_random_uuid(), $1, 'key', '/v1/chat/completions', 200, 1, 1, 0, 0, 1, false)`,
    [startedAt],
  ));
const rowsIn = async (table: string) =>
  (await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n;
/** The database is as old as its first run. */
const beginAt = (now: string) => client.query("UPDATE audit_clock SET seen_at = $1", [now]);

test("months are made ahead, over the end of a year, and making them again changes nothing", async () => {
  const expected = ["audit_log_2026_11", "audit_log_2026_12", "audit_log_2027_01", "audit_log_other"];
  expect(await run("2026-11-24T12:00:00Z")).toEqual(expected);
  expect(await run("2026-11-30T23:59:59Z")).toEqual(expected);
});

test("a partition takes rows, has the indexes of all, and refuses a request that is there twice", async () => {
  await run("2026-11-24T12:00:00Z");
  await addRow("2026-11-24T12:00:00Z");
  expect([await rowsIn("audit_log_2026_11"), await rowsIn("audit_log_other")]).toEqual([1, 0]);
  const indexes = async (table: string) =>
    (await client.query(`SELECT count(*)::int AS n FROM pg_index WHERE indrelid = '${table}'::regclass`))
      .rows;
  expect(await indexes("audit_log_2026_11")).toEqual(await indexes("audit_log_other"));
  await expect(client.query("INSERT INTO audit_log SELECT * FROM audit_log")).rejects.toMatchObject({
    code: "23505",
  });
});

test("a row is kept for its retention, and its month goes when all of it is older", async () => {
  await beginAt("2026-11-01T00:00:00Z");
  await run("2026-11-01T00:00:00Z");
  for (const at of ["2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z", "2026-12-15T00:00:00Z"]) await addRow(at);
  expect(await runFrom("2026-11-01T00:00:00Z", "2026-12-30T00:00:00Z", 30)).toContain("audit_log_2026_11");
  expect(await rowsIn("audit_log")).toBe(3);
  expect(await run("2026-12-31T00:00:00Z", 30)).not.toContain("audit_log_2026_11");
  expect(await rowsIn("audit_log")).toBe(1);
});

test("a row outside every month is stored all the same, and goes in its time", async () => {
  await beginAt("2026-11-01T00:00:00Z");
  await addRow("2020-01-01T00:00:00Z");
  await addRow("2026-10-20T00:00:00Z");
  await run("2026-11-01T00:00:00Z", 30);
  expect(await rowsIn("audit_log_other")).toBe(1);
  await runFrom("2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z", 30);
  expect(await rowsIn("audit_log")).toBe(0);
});

test("rows that came before their month are moved into it; one of the future waits for its month", async () => {
  await addRow("2026-11-10T00:00:00Z");
  await addRow("2027-01-31T23:59:59Z");
  await addRow("2027-02-01T00:00:00Z");
  await run("2026-11-24T12:00:00Z");
  expect(await rowsIn("audit_log_2026_11")).toBe(1);
  expect(await rowsIn("audit_log_2027_01")).toBe(1);
  expect(await rowsIn("audit_log_other")).toBe(1);
  expect(await run("2026-12-01T00:00:00Z")).toContain("audit_log_2027_02");
  expect([await rowsIn("audit_log_2027_02"), await rowsIn("audit_log_other")]).toEqual([1, 0]);
  expect(logger.warn).not.toHaveBeenCalled();
});

describe("when the database's clock is set", () => {
  beforeEach(async () => {
    await beginAt("2026-10-01T00:00:00Z");
    await runFrom("2026-10-01T00:00:00Z", "2026-11-24T00:00:00Z", 60);
    await addRow("2026-10-15T00:00:00Z");
    await addRow("2026-11-23T00:00:00Z");
  });

  test.each([
    ["two months ahead", "2027-01-24T00:00:00Z"],
    ["five years ahead", "2031-11-24T00:00:00Z"],
  ])("%s: nothing is dropped, and the log says why and what to do", async (_what, now) => {
    await run(now, 60);
    await addRow(now);
    expect(await run(now, 60)).toEqual(expect.arrayContaining(["audit_log_2026_10", "audit_log_2026_11"]));
    expect(await rowsIn("audit_log")).toBe(3);
    expect(logger.warn).toHaveBeenCalledWith(
      expect.objectContaining({ partitions: expect.arrayContaining(["audit_log_2026_10"]) }),
      expect.stringContaining("DELETE FROM audit_clock_gaps"),
    );
  });

  test("rows go when their retention has passed since, as far as gateways saw it; or at the operator's word", async () => {
    await run("2031-11-24T00:00:00Z", 60);
    // 24 days of November and 37 days of December and January: October is older than 60 days.
    expect(await runFrom("2031-11-24T00:00:00Z", "2031-12-30T00:00:00Z", 60)).toContain("audit_log_2026_10");
    expect(await runFrom("2031-12-30T00:00:00Z", "2032-01-01T00:00:00Z", 60)).not.toContain(
      "audit_log_2026_10",
    );
    await client.query("DELETE FROM audit_clock_gaps");
    expect(await run("2032-01-01T01:00:00Z", 60)).not.toContain("audit_log_2026_11");
  });

  test("and set right again: it is as if nothing had been", async () => {
    await run("2031-11-24T00:00:00Z", 60);
    await run("2026-11-24T02:00:00Z", 60);
    expect((await client.query("SELECT FROM audit_clock_gaps")).rowCount).toBe(0);
    expect(await rowsIn("audit_log")).toBe(2);
    expect(await runFrom("2026-11-24T02:00:00Z", "2026-12-31T00:00:00Z", 60)).not.toContain(
      "audit_log_2026_10",
    );
  });

  test("back a year: nothing is dropped, then or when it is right again", async () => {
    await run("2025-11-24T00:00:00Z", 60);
    await run("2026-11-24T00:00:00Z", 60);
    expect(await rowsIn("audit_log")).toBe(2);
  });
});

test("a lock that is not to be had is not waited for; the others are not kept from working, and it is tried again soon", async () => {
  const other = new Client({ connectionString: postgres.url(`partitions_${count}`) });
  await other.connect();
  await other.query("BEGIN; SELECT FROM audit_log_other");
  await setTime("2026-11-24T12:00:00Z");
  let now = 0;
  const partitions = new AuditPartitions({ logger: logger as never, clock: { now: () => now } });
  await partitions.run(client);
  expect(await months()).toEqual(["audit_log_other"]);
  expect(logger.warn).toHaveBeenCalledWith(
    expect.objectContaining({ partition: "audit_log_2026_11" }),
    "audit partition not made, trying again",
  );
  expect(partitions.isDue).toBe(false);
  await other.query("ROLLBACK");
  await other.end();
  now += 60_000;
  expect(partitions.isDue).toBe(true);
  await partitions.run(client);
  expect(await months()).toHaveLength(4);
});
