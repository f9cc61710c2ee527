import { join } from "node:path";
import { type Database, openDatabase } from "../../../../../services/gateway/store/postgres/database";
import { DatabaseMetrics, type DatabaseStates } from "../../../../../services/gateway/store/postgres/metrics";
import { createLogger } from "../../../../../services/shared/logger";
import { MetricsRegistry } from "../../../../../services/shared/metrics-registry";
import { openPool } from "../../../../../services/shared/postgres-connection";
import { auditRow } from "../../../../support/services/audit-row";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";
import { valueOfSeries } from "../../../../support/services/read-exposition";
import { temporaryFolder } from "../../../../support/temporary-folder";

let postgres: EmbeddedPostgres;
let registry: MetricsRegistry;
let database: Database | undefined;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
}, 60_000);
beforeEach(() => {
  registry = new MetricsRegistry();
});
afterEach(async () => {
  await database?.close(500);
  database = undefined;
});
afterAll(() => postgres.stop());

const shown = (series: string) => valueOfSeries(registry.render(), series);

test("an outage: the database's state, rows in the journal, and their replay", async () => {
  database = openDatabase({
    address: { connectionString: await postgres.createDatabase("measured") },
    logger: createLogger({ name: "test", level: "silent" }),
    journal: { directory: join(temporaryFolder(), "journal") },
    metrics: registry,
  });
  const { audit } = database;
  expect([shown("gateway_database_connected"), shown("gateway_schema_version")]).toEqual([0, undefined]);
  await eventually(() => shown("gateway_database_connected") === 1);
  expect(shown("gateway_schema_version")).toBe(shown("gateway_schema_version_known"));
  expect(shown("gateway_schema_version")).toBeGreaterThan(0);
  const since = shown("gateway_database_state_change_timestamp_seconds") ?? 0;

  await audit.open()?.commit(auditRow());
  expect(shown('gateway_audit_rows_written_total{destination="database"}')).toBe(1);
  await eventually(() => shown('gateway_commit_duration_seconds_count{queue="rows"}') === 1);
  expect(shown('gateway_database_pool_wait_seconds_count{pool="main"}')).toBeGreaterThan(0);
  expect(shown("gateway_journal_last_replay_success")).toBeUndefined();

  await postgres.pause("immediate");
  await eventually(() => shown("gateway_database_connected") === 0);
  expect(shown("gateway_database_losses_total")).toBe(1);
  expect(shown("gateway_database_state_change_timestamp_seconds")).toBeGreaterThanOrEqual(since);
  await audit.open()?.commit(auditRow());
  await audit.open()?.commit(auditRow());
  expect(shown('gateway_audit_rows_written_total{destination="journal"}')).toBe(2);
  expect(shown("gateway_journal_rows")).toBe(2);
  await eventually(() => shown("gateway_audit_rows_in_flight") === 0);
  await eventually(() => (shown("gateway_journal_oldest_row_age_seconds") ?? 0) > 0);

  await postgres.resume();
  await eventually(() => shown("gateway_journal_replayed_rows_total") === 2, 30_000);
  await eventually(() => shown("gateway_journal_last_replay_success") === 1);
  expect([shown("gateway_journal_rows"), shown("gateway_journal_last_replay_rows")]).toEqual([0, 2]);
  expect(shown("gateway_journal_oldest_row_age_seconds")).toBe(0);
}, 60_000);

const STATES: DatabaseStates = {
  link: () => ({ isConnected: true, changedAt: 0, losses: 0 }),
  schema: () => ({ version: undefined, known: 1 }),
  isCircuitOpen: () => true,
  dailySpend: () => ({ deltasPending: 7, differenceNanoUsd: 1_000_000_007 }),
};

test("whether budgets are asked for, and how daily spend is doing", () => {
  new DatabaseMetrics(registry, STATES);
  expect(shown("gateway_budget_store_circuit_open")).toBe(1);
  expect(shown("gateway_spend_deltas_pending")).toBe(7);
  expect(shown("gateway_spend_reconciliation_difference_nano_usd")).toBe(1_000_000_007);
});

test("a pool: connections by what they do, who waits, and for how long", async () => {
  const metrics = new DatabaseMetrics(registry, STATES);
  const pool = openPool({ address: { connectionString: postgres.url() }, max: 1 });
  metrics.watchPool("small", pool);
  try {
    const client = await pool.connect();
    expect(shown('gateway_database_pool_connections{pool="small",state="in_use"}')).toBe(1);
    const waiting = pool.query("SELECT 1 AS one");
    await eventually(() => shown('gateway_database_pool_waiting{pool="small"}') === 1);
    client.release();
    expect((await waiting).rows).toEqual([{ one: 1 }]);
    expect(shown('gateway_database_pool_wait_seconds_count{pool="small"}')).toBe(2);
    expect(shown('gateway_database_pool_connections{pool="small",state="idle"}')).toBe(1);
    expect(shown('gateway_database_pool_connections_limit{pool="small"}')).toBe(1);
  } finally {
    await pool.end();
  }
});

test("a pool that cannot connect fails as before, and the time counts", async () => {
  const metrics = new DatabaseMetrics(registry, STATES);
  const pool = openPool({ address: { connectionString: "postgres://nobody@127.0.0.1:1/none" }, max: 1 });
  metrics.watchPool("broken", pool);
  await expect(pool.query("SELECT 1")).rejects.toThrow("ECONNREFUSED");
  await expect(pool.connect()).rejects.toThrow("ECONNREFUSED");
  expect(shown('gateway_database_pool_wait_seconds_count{pool="broken"}')).toBe(2);
  await pool.end();
});
