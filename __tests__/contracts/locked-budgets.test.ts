import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { Ledger, Reservation } from "../../services/gateway/money/ledger/ledger";
import type { LeaseRequest } from "../../services/gateway/store/budget-store";
import { StoreUnavailableError } from "../../services/gateway/store/key-store";
import { type Database, openDatabase } from "../../services/gateway/store/postgres/database";
import { createLogger } from "../../services/shared/logger";
import { acquireLease } from "../support/services/acquire-lease";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";

/** One budget's row that another session holds, such as one that settles a dead gateway or a person's, while others are asked for with it. */
const logger = createLogger({ name: "test", level: "silent" });
const KEYS = 200;
const LOCKED = "end_user:7";
const BOUNDS = { fullNano: 100, preferredNano: 100, leastNano: 100 };
const applied = (account: string) => ({ account, period: "all", limitNano: 10_000, since: null });
const ask = (account: string): LeaseRequest => ({
  ...applied(account),
  ...BOUNDS,
  endNano: 100,
  wantNano: 0,
});
const accounts = Array.from({ length: KEYS }, (_, index) => `end_user:${index}`);

let postgres: EmbeddedPostgres;
let database: Database;
let holder: Client;
let count = 0;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  count += 1;
  const connectionString = await postgres.createDatabaseWithSchema(`locked_${count}`);
  database = openDatabase({ address: { connectionString }, logger });
  await eventually(() => database.audit.isAccepting);
  holder = new Client({ connectionString });
  await holder.connect();
  await holder.query("INSERT INTO budgets (account, period) SELECT unnest($1::text[]), 'all'", [accounts]);
});
afterEach(async () => {
  await holder.end();
  await database.close(1000);
});
afterAll(() => postgres.stop());

async function lock(table: "budgets" | "budget_leases"): Promise<void> {
  await holder.query("BEGIN");
  await holder.query(`SELECT FROM ${table} WHERE account = $1 FOR UPDATE`, [LOCKED]);
}

async function register(): Promise<string> {
  const owner = randomUUID();
  await database.budgets.register(owner, 60_000);
  return owner;
}

/** What is leased, by the budgets and by the leases. */
async function leased() {
  const { rows } = await holder.query(
    `SELECT (SELECT sum(leased_nano_usd) FROM budgets)::int AS budgets, (SELECT coalesce(sum(amount_nano_usd), 0) FROM budget_leases)::int AS leases`,
  );
  return rows[0];
}

test("a budget whose row is locked is the only one of 200 that gets no answer, and nothing is leaked", async () => {
  const owner = await register();
  await lock("budgets");
  const answers = await database.budgets.acquire(owner, accounts.map(ask));
  for (const [index, answer] of answers.entries())
    if (accounts[index] === LOCKED) expect(answer).toBe("locked");
    else expect(answer).toMatchObject({ grantedNano: 100, othersNano: 0 });
  await holder.query("ROLLBACK");
  expect(await leased()).toEqual({ budgets: 19_900, leases: 19_900 });
  expect(await acquireLease(database.budgets, { owner, ...ask(LOCKED) })).toMatchObject({ grantedNano: 100 });
});

test.each(["budgets", "budget_leases"] as const)(
  "what is given back with a budget that is locked in %s arrives without it, and it is kept",
  async (table) => {
    const owner = await register();
    await database.budgets.acquire(owner, accounts.map(ask));
    await lock(table);
    const returns = accounts.map((account) => ({ account, period: "all", amountNano: 100 }));
    const kept = await database.budgets.giveBack(owner, returns);
    expect(kept).toEqual([returns[7]]);
    await holder.query("ROLLBACK");
    expect(await leased()).toEqual({ budgets: 100, leases: 100 });
    expect(await database.budgets.giveBack(owner, kept)).toEqual([]);
    expect(await leased()).toEqual({ budgets: 0, leases: 0 });
  },
);

test("requests of a locked budget refuse nobody else's, and open no circuit", async () => {
  const ledger = new Ledger({ store: database.budgets, logger });
  await lock("budgets");
  for (let round = 0; round < 2; round += 1) {
    const some = accounts.slice(round * 50, round * 50 + 50).filter((account) => account !== LOCKED);
    const blocked = ledger.reserve([applied(LOCKED)], BOUNDS).catch((error: unknown) => error);
    const others = await Promise.all(some.map((account) => ledger.reserve([applied(account)], BOUNDS)));
    expect(others.every((one) => one instanceof Reservation)).toBe(true);
    expect(await blocked).toBeInstanceOf(StoreUnavailableError);
    expect(database.isCircuitOpen()).toBe(false);
  }
  const waiting = ledger.reserve([applied(LOCKED)], BOUNDS);
  await holder.query("ROLLBACK");
  expect(await waiting).toBeInstanceOf(Reservation);
  await ledger.stop();
  expect(await leased()).toEqual({ budgets: 0, leases: 0 });
});
