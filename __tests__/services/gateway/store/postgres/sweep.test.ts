import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { periodAt } from "../../../../../services/gateway/money/ledger/budgets-of-request";
import { migrate } from "../../../../../services/gateway/store/postgres/schema";
import { Sweep } from "../../../../../services/gateway/store/postgres/sweep";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let postgres: EmbeddedPostgres;
let client: Client;
let now = 0;
const logger = { info: jest.fn(), warn: jest.fn() };

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  client = new Client({ connectionString: await postgres.createDatabase("sweep") });
  await client.connect();
  await migrate(client);
});
beforeEach(async () => {
  jest.clearAllMocks();
  await client.query(
    "TRUNCATE budgets, budget_leases, ledger_owners, rate_blocks, rate_accounts, virtual_keys CASCADE",
  );
});
afterAll(async () => {
  await client.end();
  await postgres.stop();
});

const addBudget = (account: string, period = "all", leased = 0) =>
  client.query("INSERT INTO budgets (account, period, leased_nano_usd) VALUES ($1, $2, $3)", [
    account,
    period,
    leased,
  ]);
const column = async (sql: string) =>
  (await client.query<{ value: string }>(sql)).rows.map(({ value }) => value);

/** Sweeps as often as there is something to do. @returns how often */
async function run(batch = 100): Promise<number> {
  const sweep = new Sweep({ clock: { now: () => now }, logger: logger as never, batch });
  now += HOUR_MS;
  let steps = 0;
  for (; sweep.isDue; steps += 1) await sweep.run(client);
  return steps;
}

test("nothing happens just after the start, and then once an hour", async () => {
  await client.query("INSERT INTO rate_accounts VALUES ('a')");
  const sweep = new Sweep({ clock: { now: () => now }, logger: logger as never });
  expect(sweep.isDue).toBe(false);
  now += HOUR_MS;
  expect(sweep.isDue).toBe(true);
  await sweep.run(client);
  expect(await column("SELECT account AS value FROM rate_accounts")).toEqual([]);
  expect(logger.info).toHaveBeenCalledWith({ removed: { "unused limits": 1 } }, expect.any(String));
  now += 0.9 * HOUR_MS;
  expect(sweep.isDue).toBe(false);
  now += 0.1 * HOUR_MS;
  expect(sweep.isDue).toBe(true);
});

test.each<[string, number, boolean]>([
  ["1d", 0, true],
  ["1d", 2, true],
  ["1d", 4, false],
  ["1h", 0.5, true],
  ["1h", 2, false],
  ["1mo", 61, true],
  ["1mo", 125, false],
])("a period of %s, %s days ago, is kept: %s", async (duration, daysAgo, isKept) => {
  await addBudget("key:a", periodAt(duration, Date.now() - daysAgo * DAY_MS).id);
  await run();
  expect(await column("SELECT account AS value FROM budgets")).toEqual(isKept ? ["key:a"] : []);
});

test("a budget for ever, and one that something is leased from, stay", async () => {
  const past = periodAt("1h", Date.now() - 30 * DAY_MS).id;
  const owner = randomUUID();
  await client.query("INSERT INTO ledger_owners VALUES ($1, now() + interval '1 minute')", [owner]);
  await addBudget("for-ever");
  await addBudget("leased", past, 5);
  await addBudget("spent-from-a-lease", past);
  await addBudget("empty-lease", past);
  for (const [account, amount, spent] of [
    ["leased", 5, 0],
    ["spent-from-a-lease", 0, 7],
    ["empty-lease", 0, 0],
  ])
    await client.query("INSERT INTO budget_leases VALUES ($1, $2, $3, $4, $5)", [
      owner,
      account,
      past,
      amount,
      spent,
    ]);
  await run();
  expect(await column("SELECT account AS value FROM budgets ORDER BY 1")).toEqual([
    "for-ever",
    "leased",
    "spent-from-a-lease",
  ]);
  expect(await column("SELECT account AS value FROM budget_leases ORDER BY 1")).toEqual([
    "leased",
    "spent-from-a-lease",
  ]);
});

test("end users who spent nothing leave nothing; whoever spent or holds something stays", async () => {
  const owner = randomUUID();
  await client.query("INSERT INTO ledger_owners VALUES ($1, now() + interval '1 minute')", [owner]);
  for (let index = 0; index < 250; index += 1) await addBudget(`end_user:made-up-${index}`);
  await addBudget("end_user:spent");
  await client.query("UPDATE budgets SET spent_nano_usd = 1 WHERE account = 'end_user:spent'");
  await addBudget("end_user:running", "all", 5);
  await addBudget("end_user:spending", "all", 5);
  await client.query(
    "INSERT INTO budget_leases VALUES ($1, 'end_user:running', 'all', 5, 0), ($1, 'end_user:spending', 'all', 5, 5)",
    [owner],
  );
  // What was set back to nothing must not begin with the sum of its rows again.
  await addBudget("key:set-back");
  await addBudget("user:set-back");
  await addBudget("parallel:user:ada");
  await run();
  expect(await column("SELECT account AS value FROM budgets ORDER BY 1")).toEqual([
    "end_user:running",
    "end_user:spending",
    "end_user:spent",
    "key:set-back",
    "user:set-back",
  ]);
});

test("nearly as many budgets as are kept are told of", async () => {
  await client.query(
    "INSERT INTO budgets (account, period, spent_nano_usd) SELECT 'end_user:' || n, 'all', 1 FROM generate_series(1, 910000) AS n",
  );
  await run();
  expect(logger.warn).toHaveBeenCalledWith(
    { budgets: expect.any(Number), most: 1_000_000 },
    expect.stringContaining("429"),
  );
});

test("the budgets of a key go a day after it was deleted", async () => {
  const ids = { lives: randomUUID(), fresh: randomUUID(), old: randomUUID() };
  const deletedAt = {
    lives: null,
    fresh: new Date(Date.now() - HOUR_MS),
    old: new Date(Date.now() - 2 * DAY_MS),
  };
  for (const name of ["lives", "fresh", "old"] as const) {
    await client.query(
      `INSERT INTO virtual_keys (key_id, token_hash, key_name, created_by, updated_by, version, deleted_at)
       VALUES ($1, encode(sha256($2::bytea), 'hex'), 'sk-', 'x', 'x', 1, $3)`,
      [ids[name], name, deletedAt[name]],
    );
    await addBudget(`key:${ids[name]}`);
  }
  await run();
  expect(await column("SELECT account AS value FROM budgets ORDER BY 1")).toEqual(
    [ids.lives, ids.fresh].map((id) => `key:${id}`).sort(),
  );
});

test("limits with a count stay until an hour after it ended", async () => {
  for (const [account, minutes] of [
    ["counted", 1],
    ["just-ended", -30],
    ["ended", -90],
  ] as const) {
    await client.query("INSERT INTO rate_accounts VALUES ($1)", [account]);
    await client.query("INSERT INTO rate_blocks (account, amount, expires_at_ms) VALUES ($1, 1, $2)", [
      account,
      Date.now() + minutes * 60_000,
    ]);
  }
  await run();
  expect(await column("SELECT account AS value FROM rate_accounts ORDER BY 1")).toEqual([
    "counted",
    "just-ended",
  ]);
});

test("much is removed in small steps", async () => {
  await client.query("INSERT INTO rate_accounts SELECT generate_series(1, 25)::text");
  expect(await run(10)).toBe(3);
  expect(await column("SELECT account AS value FROM rate_accounts")).toEqual([]);
});

test("what is in use is passed over without waiting, and another gateway's sweep too", async () => {
  await client.query("INSERT INTO rate_accounts VALUES ('used'), ('unused')");
  const other = new Client({ connectionString: postgres.url("sweep") });
  await other.connect();
  await other.query("BEGIN");
  await other.query("SELECT FROM rate_accounts WHERE account = 'used' FOR UPDATE");
  await run();
  expect(await column("SELECT account AS value FROM rate_accounts")).toEqual(["used"]);
  await other.query("SELECT pg_advisory_xact_lock(7205320)");
  await client.query("INSERT INTO rate_accounts VALUES ('unused')");
  await run();
  expect(await column("SELECT account AS value FROM rate_accounts ORDER BY 1")).toEqual(["unused", "used"]);
  await other.query("ROLLBACK");
  await other.end();
});

test("a failure is told and harms nothing", async () => {
  await client.query("INSERT INTO rate_accounts VALUES ('a')");
  await client.query("ALTER TABLE virtual_keys RENAME TO elsewhere");
  await run();
  expect(logger.warn).toHaveBeenCalledTimes(1);
  await client.query("ALTER TABLE elsewhere RENAME TO virtual_keys");
  await run();
  expect(await column("SELECT account AS value FROM rate_accounts")).toEqual([]);
});
