import { Client } from "pg";
import type { AppliedBudget } from "../../services/gateway/money/ledger/lease-epoch";
import { Ledger, Reservation } from "../../services/gateway/money/ledger/ledger";
import type { LeaseRequest } from "../../services/gateway/store/budget-store";
import { writeItems } from "../../services/gateway/store/postgres/audit-rows";
import { type Database, openDatabase } from "../../services/gateway/store/postgres/database";
import { createLogger } from "../../services/shared/logger";
import { auditRow } from "../support/services/audit-row";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";

/** When a gateway keeps its leases and when it must give them up, on a real Postgres. */
const logger = createLogger({ name: "test", level: "silent" });
const budget = (account: string, limitNano = 1_000_000): AppliedBudget => ({
  account,
  period: "all",
  limitNano,
  since: null,
});
const bounds = (full: number, least = full) => ({ fullNano: full, preferredNano: least, leastNano: least });

let postgres: EmbeddedPostgres;
let database: Database;
let ledger: Ledger;
let url: string;
let count = 0;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  count += 1;
  url = await postgres.createDatabaseWithSchema(`epochs_${count}`);
  database = openDatabase({ address: { connectionString: url }, logger, budgetWaitMs: 200 });
  await eventually(() => database.audit.isAccepting);
  ledger = new Ledger({ store: database.budgets, logger });
});
afterEach(() => database.close(1000));
afterAll(() => postgres.stop());

const owners = async () =>
  (await database.budgets.pool.query<{ owner: string }>("SELECT owner FROM ledger_owners")).rows.length;
async function reserve(applied: AppliedBudget, amount = 100): Promise<Reservation> {
  const result = await ledger.reserve([applied], bounds(amount));
  if (!(result instanceof Reservation)) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result;
}

/** A statement about leases fails on the server, by a trigger that raises an error of a class. */
async function failLeases(sqlState: string): Promise<void> {
  await database.budgets.pool.query(`
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.account = 'key:bad' THEN RAISE EXCEPTION 'no' USING ERRCODE = '${sqlState}'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON budget_leases FOR EACH ROW EXECUTE FUNCTION fail()`);
}

test.each(["22003", "23514", "42883", "40P01", "57014", "53200"])(
  "a statement that Postgres refused with %s costs nobody a lease",
  async (sqlState) => {
    const good = budget("key:good");
    const first = await reserve(good);
    await failLeases(sqlState);
    await expect(ledger.reserve([budget("key:bad")], bounds(100))).rejects.toThrow();
    await expect(reserve(good)).resolves.toMatchObject({ owner: first.owner });
    await expect(owners()).resolves.toBe(1);
  },
);

test.each(["57P01", "08006", "40003", "58030", "XX000"])(
  "after %s nobody knows whether a lease was given, so a new owner is made",
  async (sqlState) => {
    const good = budget("key:good");
    const first = await reserve(good);
    await failLeases(sqlState);
    await expect(ledger.reserve([budget("key:bad")], bounds(100))).rejects.toThrow();
    const next = await reserve(good);
    expect(next.owner).not.toBe(first.owner);
  },
);

test("room that could not be given back because Postgres refused stays to be used", async () => {
  const bad = budget("key:bad");
  (await reserve(bad)).settle(0);
  const { owner } = await reserve(budget("key:good"));
  await failLeases("40P01");
  // A lease that nobody uses is given back after a minute of signs of life.
  for (let beat = 0; beat < 85; beat += 1) await ledger.beat();
  await database.budgets.pool.query("DROP TRIGGER fail ON budget_leases");
  await expect(reserve(bad)).resolves.toMatchObject({ owner });
  await ledger.stop();
  const { rows } = await database.budgets.pool.query(
    "SELECT sum(leased_nano_usd)::int AS leased FROM budgets",
  );
  expect(rows).toEqual([{ leased: 0 }]);
});

test("amounts that no limit could hold are refused without a question", async () => {
  const acquire = jest.spyOn(database.budgets, "acquire");
  const small = budget("key:small", 1000);
  const refused = await ledger.reserve([small], bounds(Number.MAX_SAFE_INTEGER * 1e5));
  expect(refused).toMatchObject({ reason: "spent", spentNano: 0 });
  expect(acquire).not.toHaveBeenCalled();
  // The whole answer is beyond everything, the least one is not.
  const result = await ledger.reserve([small], { ...bounds(1e25), preferredNano: 900, leastNano: 10 });
  expect(result).toMatchObject({ amountNano: 900 });
  const asked = acquire.mock.calls.flatMap(([, requests]) => requests as readonly LeaseRequest[]);
  for (const { fullNano, preferredNano, leastNano, endNano, wantNano } of asked)
    for (const amount of [fullNano, preferredNano, leastNano, endNano, wantNano])
      expect(Math.abs(amount)).toBeLessThanOrEqual(1001);
});

describe("a first budget over a long history", () => {
  const KEY_ID = "11111111-2222-4333-8444-555555555555";
  const account = `key:${KEY_ID}`;

  test("is added up without a time limit of a question: others keep their leases, and it is there in the end", async () => {
    const row = auditRow({ keyId: KEY_ID, costNanoUsd: 250_000, errorType: null });
    await writeItems(database.budgets.pool, [{ row, intent: undefined }]);
    const good = budget("key:good");
    const { owner } = await reserve(good);
    // The history is not to be had for now: as long as that takes, so long does adding it up.
    const holder = new Client({ connectionString: url });
    await holder.connect();
    try {
      await holder.query("BEGIN; LOCK TABLE audit_log IN ACCESS EXCLUSIVE MODE");
      await expect(ledger.reserve([budget(account)], bounds(100))).rejects.toMatchObject({
        name: "StoreUnavailableError",
      });
      await expect(ledger.reserve([budget(account)], bounds(100))).rejects.toThrow();
      await expect(reserve(good)).resolves.toMatchObject({ owner });
      // One statement for all that ask, however often.
      const { rows } = await holder.query(
        "SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO budgets%FROM audit_log%'",
      );
      expect(rows).toEqual([{ waiting: 1 }]);
      await holder.query("COMMIT");
    } finally {
      await holder.end();
    }
    await eventually(async () => (await database.budgets.spentNano({ account, period: "all" })) === 250_000);
    await expect(reserve(budget(account))).resolves.toMatchObject({ owner });
  });
});
