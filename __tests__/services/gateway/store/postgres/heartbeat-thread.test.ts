import { randomUUID } from "node:crypto";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Pool } from "pg";
import { PostgresBudgetStore } from "../../../../../services/gateway/store/postgres/budget-store";
import { HeartbeatThread } from "../../../../../services/gateway/store/postgres/heartbeat-thread";
import { createLogger } from "../../../../../services/shared/logger";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";

const FILE = path.resolve(__dirname, "../../../../../services/gateway/heartbeat.ts");
const logger = createLogger({ name: "test", level: "silent" });

let postgres: EmbeddedPostgres;
let pool: Pool;
let connectionString: string;
let thread: HeartbeatThread | undefined;
let count = 0;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  count += 1;
  connectionString = await postgres.createDatabaseWithSchema(`heartbeats_${count}`);
  pool = new Pool({ connectionString, max: 2 });
  pool.on("error", () => {});
});
afterEach(async () => {
  await thread?.stop();
  thread = undefined;
  await pool.end();
});
afterAll(() => postgres.stop());

/** A store whose owners the thread speaks for. */
function open(settings: { stalledAfterMs?: number; file?: string; warn?: jest.Mock } = {}) {
  const { warn, ...more } = settings;
  thread = new HeartbeatThread({
    file: FILE,
    address: { connectionString },
    logger: warn === undefined ? logger : Object.assign(Object.create(logger), { warn }),
    beatMs: 50,
    ...more,
  });
  thread.start();
  return new PostgresBudgetStore({
    pool,
    unsyncedPool: pool,
    firstBudgets: { create: () => Promise.resolve() },
    recalls: { send: () => Promise.resolve(), listen: () => {} },
    thread,
  });
}

/** For how many milliseconds the last sign of life is good; `undefined`: the owner was ended. */
async function goodFor(owner: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ ms: number }>(
    "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 * 1000 AS ms FROM ledger_owners WHERE owner = $1",
    [owner],
  );
  return rows[0]?.ms;
}

/** Nothing runs on this thread meanwhile, timers and sockets included. */
const standStill = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Until signs of life come that this thread does not give. */
async function registerAlive(store: PostgresBudgetStore, ttlMs: number): Promise<string> {
  const owner = randomUUID();
  await store.register(owner, ttlMs);
  const first = await expiry(owner);
  await eventually(async () => (await expiry(owner)) !== first, 20_000);
  return owner;
}

const expiry = async (owner: string) =>
  (
    await pool.query<{ at: string }>("SELECT expires_at::text AS at FROM ledger_owners WHERE owner = $1", [
      owner,
    ])
  ).rows[0]?.at;

test("an owner lives on while the main thread does nothing but wait for four times as long as a sign is good for", async () => {
  const store = open();
  const owner = await registerAlive(store, 1500);
  standStill(6000);
  expect(await goodFor(owner)).toBeGreaterThan(0);
  await expect(store.recover()).resolves.toBe(0);
  await expect(store.heartbeat([owner], 1500)).resolves.toEqual([owner]);
});

test("a main thread that stands still for longer than the limit counts as dead", async () => {
  const store = open({ stalledAfterMs: 1000 });
  const owner = await registerAlive(store, 1500);
  // The database looks while this thread stands still: as soon as it goes on, the other one speaks for it again.
  const looked = pool.query(
    `SELECT pg_sleep(5); SELECT expires_at < clock_timestamp() AS "isDead" FROM ledger_owners WHERE owner = '${owner}'`,
  ) as unknown as Promise<{ rows: unknown[] }[]>;
  await wait(300);
  standStill(6500);
  expect((await looked)[1]?.rows).toEqual([{ isDead: true }]);
});

test("an owner that was retired, or ended by another gateway, is spoken for no more", async () => {
  const store = open();
  const [retired, alive] = [await registerAlive(store, 1500), await registerAlive(store, 1500)];
  await store.retire(retired);
  expect(await goodFor(retired)).toBeUndefined();
  await pool.query("DELETE FROM ledger_owners WHERE owner = $1", [alive]);
  await expect(store.heartbeat([alive], 1500)).resolves.toEqual([]);
});

test("a thread that loses its connection, or ends, speaks again for the owners it had", async () => {
  const store = open();
  const owner = await registerAlive(store, 60_000);
  const beats = async () => {
    const before = await expiry(owner);
    await eventually(async () => (await expiry(owner)) !== before, 20_000);
  };
  await pool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gateway-heartbeat'",
  );
  await beats();
  await postgres.pause("immediate");
  await postgres.resume();
  await eventually(() =>
    pool.query("SELECT 1").then(
      () => true,
      () => false,
    ),
  );
  await beats();
});

test("a program that cannot be run is told of, tried again, and can be stopped", async () => {
  const warn = jest.fn();
  open({ file: path.join(__dirname, "not-there.ts"), warn });
  await eventually(() => warn.mock.calls.length > 1, 20_000);
});
