import { Client } from "pg";
import {
  AuditPartitions,
  type AuditPartitionsSettings,
} from "../../../../../services/gateway/store/postgres/audit-partitions";
import { migrate } from "../../../../../services/gateway/store/postgres/schema";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { movableDatabaseClock } from "../../../../support/services/movable-database-clock";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

let postgres: EmbeddedPostgres;
let client: Client;
let setTime: (now: string) => Promise<void>;
let count = 0;
const others: Client[] = [];
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
afterEach(() => Promise.all([client, ...others.splice(0)].map((one) => one.end())));
afterAll(() => postgres.stop());

const months = async () =>
  (
    await client.query<{ name: string }>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_log'::regclass ORDER BY 1",
    )
  ).rows.map(({ name }) => name);

/**
 * A run at a moment of the database's clock, by a process that has just started; again when a machine under load did not give it
 * its locks in time. @returns the partitions
 */
async function run(now: string, retentionDays?: number): Promise<string[]> {
  await setTime(now);
  const retention = retentionDays === undefined ? {} : { retentionMs: retentionDays * DAY_MS };
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { partitions, time } = startProcess(retention);
    await partitions.run(client);
    time.now += 1000;
    if (!partitions.isDue) break;
  }
  return months();
}

/** A process that runs on: until the next run is an hour away. @returns the partitions */
async function runOn(partitions: AuditPartitions, time: { now: number }): Promise<string[]> {
  for (let runs = 0; runs < 50; runs += 1) {
    await partitions.run(client);
    time.now += HOUR_MS / 2;
    if (!partitions.isDue) return months();
  }
  throw new Error("it never came to an end");
}

/** A process whose own clock is `time`. */
function startProcess(settings: Partial<AuditPartitionsSettings> = {}, time = { now: 0 }) {
  return { time, partitions: new AuditPartitions({ logger, clock: { now: () => time.now }, ...settings }) };
}

/** Another connection, which says nothing by itself. */
async function connect(application: string): Promise<Client> {
  const other = new Client({
    connectionString: postgres.url(`partitions_${count}`),
    application_name: application,
  });
  other.on("error", () => {});
  await other.connect();
  others.push(other);
  return other;
}

/** Runs as they come while a gateway is there: often enough for all of the time to be seen. */
async function runFrom(start: string, end: string, retentionDays?: number): Promise<string[]> {
  for (let at = Date.parse(start); at < Date.parse(end); at += 20 * HOUR_MS)
    await run(new Date(at).toISOString(), retentionDays);
  return run(end, retentionDays);
}

const ADD_ROW = `INSERT INTO audit_log (request_id, started_at, caller_kind, route, status, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, latency_ms, is_stream)
  VALUES (gen_random_uuid(), $1, 'key', '/v1/chat/completions', 200, 1, 1, 0, 0, 1, false)`;
const addRow = async (startedAt: string) => void (await client.query(ADD_ROW, [startedAt]));
const rowsIn = async (table: string) =>
  (await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n;
/** The database is as old as its first run. */
const beginAt = (now: string) => client.query("UPDATE audit_clock SET seen_at = $1", [now]);

test("months are made ahead, over the end of a year: those of soon at once, twelve in all, and none twice", async () => {
  const soon = ["audit_log_2026_11", "audit_log_2026_12", "audit_log_2027_01", "audit_log_other"];
  expect(await run("2026-11-24T12:00:00Z")).toEqual(soon);
  const { partitions, time } = startProcess();
  const all = await runOn(partitions, time);
  expect(all).toEqual(expect.arrayContaining([...soon, "audit_log_2027_11"]));
  expect(all).toHaveLength(14);
  await setTime("2026-11-30T23:59:59Z");
  expect(await runOn(partitions, time)).toEqual(all);
  expect(logger.warn).not.toHaveBeenCalled();
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

test("rows that came before their month are moved into it; one of the far future waits for its month", async () => {
  await addRow("2026-11-10T00:00:00Z");
  await addRow("2027-01-31T23:59:59Z");
  await addRow("2027-12-01T00:00:00Z");
  await setTime("2026-11-24T12:00:00Z");
  const { partitions, time } = startProcess();
  await runOn(partitions, time);
  expect(await rowsIn("audit_log_2026_11")).toBe(1);
  expect(await rowsIn("audit_log_2027_01")).toBe(1);
  expect(await rowsIn("audit_log_other")).toBe(1);
  await setTime("2026-12-01T00:00:00Z");
  expect(await runOn(partitions, time)).toContain("audit_log_2027_12");
  expect([await rowsIn("audit_log_2027_12"), await rowsIn("audit_log_other")]).toEqual([1, 0]);
  expect(logger.warn).not.toHaveBeenCalled();
});

test("a month with more rows outside of it than can be moved in passing is left alone, and does not keep the others from being made", async () => {
  await client.query(
    `INSERT INTO audit_log (request_id, started_at, caller_kind, route, status, input_tokens, output_tokens,
       cache_read_tokens, cache_write_tokens, latency_ms, is_stream)
     SELECT gen_random_uuid(), '2026-11-10T00:00:00Z', 'key', '/v1/chat/completions', 200, 1, 1, 0, 0, 1, false
       FROM generate_series(1, 2001)`,
  );
  await setTime("2026-11-24T12:00:00Z");
  const { partitions, time } = startProcess();
  const made = await runOn(partitions, time);
  expect(made).not.toContain("audit_log_2026_11");
  expect(made).toHaveLength(13);
  expect(await rowsIn("audit_log_other")).toBe(2001);
  expect(logger.info).toHaveBeenCalledTimes(1);
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

describe("while somebody reads for long", () => {
  /** Who waits for a lock at present, and who has got one that goes with nobody else's. */
  const strongLocks = async () =>
    (
      await client.query(
        `SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND locktype = 'relation' AND pid <> pg_backend_pid()`,
      )
    ).rowCount;

  test("no lock is asked for that others would wait behind, it is told who holds it, and the work is done when they end", async () => {
    const time = { now: 0 };
    const dump = await connect("pg_dump");
    await dump.query("BEGIN; LOCK TABLE audit_log IN ACCESS SHARE MODE; SELECT pg_sleep(1.1)");
    await setTime("2026-11-24T12:00:00Z");
    const queries = jest.spyOn(client, "query");
    const { partitions } = startProcess({}, time);
    await partitions.run(client);
    expect(queries.mock.calls.filter(([text]) => /LOCK TABLE|CREATE|DROP/.test(String(text)))).toEqual([]);
    queries.mockRestore();
    expect(await strongLocks()).toBe(0);
    expect(await months()).toEqual(["audit_log_other"]);
    expect(logger.warn).not.toHaveBeenCalled();

    // Again after ever longer pauses; told after a minute, and then not again for an hour.
    let runs = 1;
    while (time.now < HOUR_MS / 2) {
      time.now += 1000;
      if (!partitions.isDue) continue;
      await partitions.run(client);
      runs += 1;
    }
    expect(runs).toBeLessThan(40);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn).toHaveBeenCalledWith(
      expect.objectContaining({
        partition: "audit_log_2026_11",
        holders: [expect.objectContaining({ application: "pg_dump", user: "postgres" })],
      }),
      expect.stringContaining("pg_terminate_backend"),
    );
    await dump.query("COMMIT");
    time.now += HOUR_MS;
    expect(await runOn(partitions, time)).toHaveLength(14);
  });

  test("months that are past their time go when it ends", async () => {
    await beginAt("2026-11-01T00:00:00Z");
    await runFrom("2026-11-01T00:00:00Z", "2026-12-30T00:00:00Z", 30);
    await addRow("2026-11-15T00:00:00Z");
    await setTime("2026-12-31T00:00:00Z");
    const reader = await connect("psql");
    // Of another month, but of the same table.
    await reader.query(
      "BEGIN; SELECT FROM audit_log WHERE started_at > '2026-12-30T00:00:00Z'; SELECT pg_sleep(1.1)",
    );
    const { partitions, time } = startProcess({ retentionMs: 30 * DAY_MS });
    await partitions.run(client);
    expect(await rowsIn("audit_log_2026_11")).toBe(1);
    await reader.query("COMMIT");
    time.now += HOUR_MS;
    expect(await runOn(partitions, time)).not.toContain("audit_log_2026_11");
  });

  test("one that has just begun is waited for shortly, and those behind go on when the time is over", async () => {
    await setTime("2026-11-24T12:00:00Z");
    const [reader, writer] = [await connect("psql"), await connect("gateway")];
    await reader.query("BEGIN; LOCK TABLE audit_log_other IN ACCESS SHARE MODE");
    const { partitions } = startProcess();
    const ran = partitions.run(client);
    // A row of no month: it needs the very table. The reader does not end, so it is the lock that was given up.
    await writer.query("SET statement_timeout = 8000");
    await writer.query(ADD_ROW, ["2026-11-24T12:00:00Z"]);
    await ran;
    expect(await months()).toEqual(["audit_log_other"]);
    expect(await rowsIn("audit_log_other")).toBe(1);
  });

  test("the whole table is locked by a drop within one limit for all that it needs, or not at all", async () => {
    await beginAt("2026-11-01T00:00:00Z");
    await runFrom("2026-11-01T00:00:00Z", "2026-12-30T00:00:00Z", 30);
    await setTime("2026-12-31T00:00:00Z");
    const writer = await connect("gateway");
    await writer.query("BEGIN");
    await writer.query(ADD_ROW, ["2026-12-30T12:00:00Z"]);
    await startProcess({ retentionMs: 30 * DAY_MS }).partitions.run(client);
    await writer.query("COMMIT");
    expect(await months()).toContain("audit_log_2026_11");
    expect(await run("2026-12-31T00:00:00Z", 30)).not.toContain("audit_log_2026_11");
  });
});

test("while another replica works on them nothing is done or waited for, and it is looked at again soon", async () => {
  const replica = await connect("gateway-maintenance");
  await replica.query("SELECT pg_advisory_lock(7205319)");
  const { partitions, time } = startProcess();
  await partitions.run(client);
  expect(await months()).toEqual(["audit_log_other"]);
  await replica.query("SELECT pg_advisory_unlock(7205319)");
  time.now += 60_000;
  expect(partitions.isDue).toBe(true);
  expect(await runOn(partitions, time)).toHaveLength(14);
});
