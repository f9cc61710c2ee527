import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { AuditPartitions } from "../../../../../services/gateway/store/postgres/audit-partitions";
import { writeItems } from "../../../../../services/gateway/store/postgres/audit-rows";
import { migrations } from "../../../../../services/gateway/store/postgres/migrations";
import { migrate } from "../../../../../services/gateway/store/postgres/schema";
import {
  SpendReconciliation,
  SpendRollups,
} from "../../../../../services/gateway/store/postgres/spend-rollups";
import { monotonicClock } from "../../../../../services/shared/clock";
import { auditRow } from "../../../../support/services/audit-row";
import { addUpAllDays, forgetSums } from "../../../../support/services/daily-spend";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

describe("spend rollups", () => {
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
});

describe("spend reconciliation", () => {
  let postgres: EmbeddedPostgres;
  let client: Client;
  let count = 0;
  let now = 0;
  const logger = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const [ci, dev] = [randomUUID(), randomUUID()];

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start();
  });
  beforeEach(async () => {
    jest.clearAllMocks();
    count += 1;
    client = new Client({
      connectionString: await postgres.createDatabaseWithSchema(`reconciliation_${count}`),
    });
    await client.connect();
    await client.query(
      "CREATE TABLE audit_log_2026_03 PARTITION OF audit_log FOR VALUES FROM ('2026-03-01T00:00:00Z') TO ('2026-04-01T00:00:00Z')",
    );
    const row = (keyId: string, moment: string, costNanoUsd: number) => ({
      row: auditRow({
        keyId,
        keyAlias: keyId === ci ? "ci" : "dev",
        startedAt: new Date(moment),
        costNanoUsd,
      }),
      intent: undefined,
    });
    await writeItems(client, [
      row(ci, "2026-03-10T23:59:59.999Z", 1_000_000_001),
      row(ci, "2026-03-11T00:00:00Z", 7),
      row(dev, "2026-03-11T00:00:00Z", 2 ** 52),
      // In a month without a partition.
      row(dev, "2026-01-11T00:00:00Z", 5),
    ]);
  });
  afterEach(() => client.end());
  afterAll(() => postgres?.stop());

  /** As on a gateway that has run for a while, until there is nothing more to do. */
  async function reconcile(): Promise<SpendReconciliation> {
    const reconciliation = new SpendReconciliation({ clock: { now: () => now }, logger: logger as never });
    now += 200_000;
    while (reconciliation.isDue) {
      await reconciliation.run(client);
      now += 1000;
    }
    expect(logger.warn).not.toHaveBeenCalled();
    return reconciliation;
  }

  /** Changes rows as a superuser can, past the trigger. */
  const tamper = (sql: string) =>
    client.query(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);

  test("sums and rows agree: those in the rows of deltas, those that were moved, and those from before", async () => {
    expect((await reconcile()).differenceNanoUsd).toBe(0);
    await addUpAllDays(client);
    await client.query("DELETE FROM spend_reconciliation");
    expect((await reconcile()).differenceNanoUsd).toBe(0);
    await forgetSums(client);
    await client.query("DELETE FROM spend_reconciliation");
    expect((await reconcile()).differenceNanoUsd).toBe(0);
    expect(logger.info).toHaveBeenCalledTimes(3);
    expect(logger.error).not.toHaveBeenCalled();
  });

  test("a row that somebody changed is found, with its day, its key and the difference to the nano-dollar", async () => {
    await addUpAllDays(client);
    await tamper(
      `UPDATE audit_log SET cost_nano_usd = cost_nano_usd - 1 WHERE key_id = '${ci}' AND started_at < '2026-03-11Z'`,
    );
    await tamper(`UPDATE spend_daily SET cost_nano_usd = 0 WHERE key_id = '${dev}' AND day = '2026-03-11'`);
    expect((await reconcile()).differenceNanoUsd).toBe(2 ** 52 + 1);
    expect(logger.error.mock.calls.map(([line]) => line)).toEqual([
      expect.objectContaining({
        day: "2026-03-11",
        keyId: dev,
        keyAlias: "dev",
        rowsMinusSumsNanoUsd: 2 ** 52,
      }),
      expect.objectContaining({ day: "2026-03-10", keyId: ci, keyAlias: "ci", rowsMinusSumsNanoUsd: -1 }),
      { days: expect.any(Number), differentGroups: 2, differenceNanoUsd: 2 ** 52 + 1 },
    ]);
    // Whoever is right: what the rows say can be taken over, and then both agree again.
    await client.query("INSERT INTO spend_deltas SELECT * FROM spend_differences('2026-03-10')");
    await client.query("INSERT INTO spend_deltas SELECT * FROM spend_differences('2026-03-11')");
    await client.query("DELETE FROM spend_reconciliation");
    expect((await reconcile()).differenceNanoUsd).toBe(0);
  });

  test("a row that was deleted, and a call that counts for one key and was another's, are found", async () => {
    await tamper(`DELETE FROM audit_log WHERE key_id = '${ci}' AND started_at < '2026-03-11Z'`);
    await tamper(
      `UPDATE audit_log SET key_id = '${ci}' WHERE key_id = '${dev}' AND started_at >= '2026-03-11Z'`,
    );
    expect((await reconcile()).differenceNanoUsd).toBe(1_000_000_001 + 2 * 2 ** 52);
  });

  test("only one gateway compares at a time, and once a day; all know what came of it", async () => {
    await tamper(`UPDATE audit_log SET cost_nano_usd = 8 WHERE cost_nano_usd = 7`);
    await reconcile();
    const lines = logger.error.mock.calls.length;
    expect((await reconcile()).differenceNanoUsd).toBe(1);
    expect(logger.error).toHaveBeenCalledTimes(lines);
    await client.query(
      "UPDATE spend_reconciliation SET checked_at = checked_at - interval '25 hours', working_until = clock_timestamp() + interval '1 minute'",
    );
    await reconcile();
    expect(logger.error).toHaveBeenCalledTimes(lines);
    // It was ended in the middle.
    await client.query(
      "UPDATE spend_reconciliation SET working_until = clock_timestamp() - interval '1 second'",
    );
    await reconcile();
    expect(logger.error).toHaveBeenCalledTimes(2 * lines);
  });

  test("rows that went with their month are no difference, and their sums stay", async () => {
    await client.query("DROP TABLE audit_log_2026_03");
    expect((await reconcile()).differenceNanoUsd).toBe(0);
    const { rows } = await client.query(
      "SELECT sum(cost_nano_usd)::text AS spent FROM spend_deltas WHERE key_id = $1",
      [ci],
    );
    expect(rows).toEqual([{ spent: "1000000008" }]);
  });
});
