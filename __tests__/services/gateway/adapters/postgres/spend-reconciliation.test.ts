import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { SpendReconciliation } from "../../../../../services/gateway/adapters/postgres/spend-reconciliation";
import { writeItems } from "../../../../../services/gateway/adapters/postgres/write-items";
import { auditRow } from "../../../../support/services/audit-row";
import { addUpAllDays, forgetSums } from "../../../../support/services/daily-spend";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

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
    row: auditRow({ keyId, keyAlias: keyId === ci ? "ci" : "dev", startedAt: new Date(moment), costNanoUsd }),
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
