import { randomUUID } from "node:crypto";
import { budgetForParallel } from "../../services/gateway/money/ledger/budgets-of-request";
import type { AppliedBudget } from "../../services/gateway/money/ledger/lease-epoch";
import { Ledger, Reservation } from "../../services/gateway/money/ledger/ledger";
import { writeItems } from "../../services/gateway/store/postgres/audit-rows";
import { ACQUIRE, GIVE_BACK } from "../../services/gateway/store/postgres/budget-statements";
import { type Database, openDatabase } from "../../services/gateway/store/postgres/database";
import { createLogger } from "../../services/shared/logger";
import { auditRow } from "../support/services/audit-row";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { Random } from "../support/services/random";

/** Leases that gateways keep although nobody uses them: few statements, and nobody is refused for them. */
const logger = createLogger({ name: "test", level: "silent" });
/** A busy machine may take long to answer a recall; nothing here waits for the end of this. */
const RECALL_MS = 60_000;

const budget = (account: string, limitNano = 1_000_000): AppliedBudget => ({
  account,
  period: "all",
  limitNano,
  since: null,
});
const bounds = (amount: number) => ({ fullNano: amount, preferredNano: amount, leastNano: amount });

let postgres: EmbeddedPostgres;
let databases: Database[] = [];
let url: string;
let count = 0;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  count += 1;
  url = await postgres.createDatabaseWithSchema(`idle_${count}`);
});
afterEach(async () => {
  await Promise.all(databases.map((database) => database.close(1000)));
  databases = [];
});
afterAll(() => postgres.stop());

/** A gateway whose beats come when the test wants them. */
async function open(recallMs = RECALL_MS): Promise<{ database: Database; ledger: Ledger }> {
  const database = openDatabase({ address: { connectionString: url }, logger, poolSize: 5 });
  databases.push(database);
  await eventually(() => database.audit.isAccepting);
  return { database, ledger: new Ledger({ store: database.budgets, logger, ttlMs: 600_000, recallMs }) };
}

async function reserve(ledger: Ledger, budgets: readonly AppliedBudget[], amount: number) {
  const result = await ledger.reserve(budgets, bounds(amount));
  if (!(result instanceof Reservation)) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result;
}

const leased = async ({ budgets }: Database) =>
  Number(
    (
      await budgets.pool.query<{ sum: string }>(
        "SELECT coalesce(sum(leased_nano_usd), 0) AS sum FROM budgets",
      )
    ).rows[0]?.sum,
  );

describe("statements", () => {
  test("all leases of a request are one question, and those of requests that come meanwhile another", async () => {
    const { database, ledger } = await open();
    const acquire = jest.spyOn(database.budgets, "acquire");
    const all = (key: number) => [
      budget(`key:${key}`),
      budget(`user:${key}`),
      budget("end_user:all"),
      budgetForParallel(`${key}`, 10),
    ];
    for (const one of [...all(1), ...all(2)]) await database.budgets.create(one);
    await reserve(ledger, all(1), 1);
    expect(acquire.mock.calls.map(([, requests]) => requests.length)).toEqual([4]);
    acquire.mockClear();
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((key) => reserve(ledger, all(key + 1), 1)));
    // First-use budgets are asked for twice; the end user's is there, and held.
    expect(acquire.mock.calls.length).toBeLessThanOrEqual(12);
  });

  test("quiet keys ask once in a minute, and give back together", async () => {
    const { database, ledger } = await open();
    const acquire = jest.spyOn(database.budgets, "acquire");
    const giveBack = jest.spyOn(database.budgets, "giveBack");
    const keys = Array.from({ length: 300 }, (_, index) => budgetForParallel(`key-${index}`, 10));
    const useAll = () => Promise.all(keys.map(async (key) => (await reserve(ledger, [key], 1)).settle(0)));
    await useAll();
    expect(acquire.mock.calls.length).toBeLessThanOrEqual(3);
    acquire.mockClear();
    // A request of each key every quarter of a minute.
    for (let time = 0; time < 4; time += 1) {
      for (let beat = 0; beat < 20; beat += 1) await ledger.beat();
      await useAll();
    }
    expect(acquire).not.toHaveBeenCalled();
    expect(giveBack).not.toHaveBeenCalled();
    expect(ledger.leases).toBe(300);
    for (let beat = 0; beat < 90; beat += 1) await ledger.beat();
    await eventually(async () => (await leased(database)) === 0);
    expect(giveBack.mock.calls.length).toBeLessThanOrEqual(3);
    expect(ledger.leases).toBe(0);
  });
});

describe("what one gateway holds and does not use", () => {
  test.each([1, 4, 17, 1000, 123_457])(
    "of a budget of %s refuses nothing that fits elsewhere, to the last bit",
    async (limit) => {
      const [here, there] = [await open(), await open()];
      const shared = budget("end_user:ada", limit);
      let left = limit;
      let isHere = true;
      while (left > 0) {
        const gateway = isHere ? here : there;
        const amount = Math.max(1, Math.ceil(left / 3));
        const reservation = await reserve(gateway.ledger, [shared], amount);
        const row = auditRow({ costNanoUsd: amount, errorType: null });
        await writeItems(gateway.database.budgets.pool, [
          { row, intent: { owner: reservation.owner, budgets: [shared] } },
        ]);
        reservation.settle(amount);
        left -= amount;
        isHere = !isHere;
      }
      await expect(here.database.budgets.spentNano(shared)).resolves.toBe(limit);
      await expect(here.ledger.reserve([shared], bounds(1))).resolves.toMatchObject({ reason: "spent" });
      await expect(there.ledger.reserve([shared], bounds(1))).resolves.toMatchObject({ reason: "spent" });
    },
  );

  test("of the places for parallel requests goes to whoever has requests", async () => {
    const gateways = [await open(), await open(), await open()];
    const places = budgetForParallel("key-1", 4);
    for (const { ledger } of gateways) (await reserve(ledger, [places], 1)).settle(0);
    for (const { ledger } of gateways) {
      const held = await Promise.all([1, 2, 3, 4].map(() => reserve(ledger, [places], 1)));
      for (const place of held) place.settle(0);
    }
  });

  test("is given up when what is spent is set", async () => {
    const [here, there] = [await open(), await open()];
    const shared = budget("end_user:ada", 1000);
    (await reserve(here.ledger, [shared], 300)).settle(0);
    expect(await leased(here.database)).toBe(300);
    await there.ledger.setSpent(shared, 1000);
    await eventually(async () => (await leased(here.database)) === 0);
    await expect(here.ledger.reserve([shared], bounds(1))).resolves.toMatchObject({ reason: "spent" });
    await there.ledger.setSpent(shared, 0);
    await eventually(async () => (await here.ledger.reserve([shared], bounds(1000))) instanceof Reservation);
  });

  test("does not stand in the way of a limit that was lowered", async () => {
    const { ledger } = await open();
    (await reserve(ledger, [budget("end_user:ada", 1000)], 900)).settle(0);
    await expect(reserve(ledger, [budget("end_user:ada", 100)], 100)).resolves.toMatchObject({
      amountNano: 100,
    });
  });

  test("is told apart from what running requests need: those are not disturbed", async () => {
    const [here, there] = [await open(), await open(1)];
    const shared = budget("end_user:ada", 1000);
    const running = await reserve(here.ledger, [shared], 600);
    await expect(there.ledger.reserve([shared], bounds(500))).resolves.toMatchObject({ reason: "reserved" });
    await expect(reserve(there.ledger, [shared], 400)).resolves.toBeInstanceOf(Reservation);
    running.settle(0);
  });
});

test("a budget that a statement stumbles over fails alone", async () => {
  const { database, ledger } = await open();
  await database.budgets.pool.query(`
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.account LIKE '%bad%' THEN RAISE EXCEPTION 'no' USING ERRCODE = '22003'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON budget_leases FOR EACH ROW EXECUTE FUNCTION fail()`);
  const names = ["good-1", "bad", "good-2", "good-3"];
  const results = await Promise.allSettled(
    names.map((name) => ledger.reserve([budgetForParallel(name, 10)], bounds(1))),
  );
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  const owners = results.flatMap((one) =>
    one.status === "fulfilled" && one.value instanceof Reservation ? [one.value.owner] : [],
  );
  expect(new Set(owners).size).toBe(1);
});

test("questions, commits, returns, ends and resets side by side wait for nobody in a circle, and keep the sums", async () => {
  const gateways = [await open(5), await open(5)];
  const [{ database }] = gateways as [(typeof gateways)[0]];
  await database.budgets.pool.query(`ALTER DATABASE idle_${count} SET deadlock_timeout = '10ms'`);
  const before = await deadlocks(database);
  // In any order, as keys, users and end users come.
  const shared = Array.from({ length: 6 }, (_, index) => budget(`end_user:${index}`, 5_000_000));
  for (const one of shared) await database.budgets.create(one);
  let spent = 0;
  const work = async (index: number, seed: number) => {
    const random = new Random(seed);
    const { ledger, database: own } = gateways[index] as (typeof gateways)[0];
    for (let turn = 0; turn < 40; turn += 1) {
      const budgets = [...shared].sort(() => random.next() - 0.5).slice(0, 3);
      const result = await ledger.reserve(budgets, bounds(random.int(1, 50)));
      if (!(result instanceof Reservation)) continue;
      const cost = random.int(0, result.amountNano);
      const row = auditRow({ requestId: randomUUID(), costNanoUsd: cost, errorType: null });
      await writeItems(own.budgets.pool, [{ row, intent: { owner: result.owner, budgets } }]);
      spent += 3 * cost;
      result.settle(cost);
      if (random.next() < 0.3) await own.budgets.recall(random.pick(shared));
    }
  };
  const others = async () => {
    for (let turn = 0; turn < 15; turn += 1) {
      const owner = randomUUID();
      await database.budgets.register(owner, 600_000);
      const requests = shared.map((one) => ({
        ...one,
        fullNano: 5,
        preferredNano: 5,
        leastNano: 5,
        endNano: 5,
        wantNano: 0,
      }));
      await database.budgets.acquire(owner, requests.reverse());
      await database.budgets.giveBack(
        owner,
        requests.map((one) => ({ ...one, amountNano: 2 })),
      );
      await database.budgets.retire(owner);
      await database.budgets.setSpent(budget("end_user:reset"), turn);
    }
  };
  await Promise.all([work(0, 1), work(0, 2), work(1, 3), work(1, 4), others(), others()]);
  for (const { ledger } of gateways) await ledger.stop();
  await expect(leased(database)).resolves.toBe(0);
  const { rows } = await database.budgets.pool.query<{ spent: string }>(
    "SELECT sum(spent_nano_usd) AS spent FROM budgets WHERE account <> 'end_user:reset'",
  );
  expect(Number(rows[0]?.spent)).toBe(spent);
  expect((await deadlocks(database)) - before).toBe(0);
});

test("one gateway's questions, returns and commits on the same leases wait for nobody in a circle", async () => {
  const { database } = await open();
  const before = await deadlocks(database);
  const owner = randomUUID();
  await database.budgets.register(owner, 600_000);
  const shared = Array.from({ length: 40 }, (_, index) => budget(`end_user:${index}`, 1_000_000_000));
  for (const one of shared) await database.budgets.create(one);
  const one = { fullNano: 50, preferredNano: 50, leastNano: 50, endNano: 50, wantNano: 0 };
  const requests = shared.map((applied) => ({ ...applied, ...one }));
  await database.budgets.acquire(owner, requests);
  const turns = async (act: (random: Random) => Promise<unknown>, seed: number) => {
    const random = new Random(seed);
    for (let turn = 0; turn < 40; turn += 1) await act(random);
  };
  const mixed = <Item>(items: readonly Item[], random: Random) => [...items].sort(() => random.next() - 0.5);
  const commit = (random: Random) => {
    const items = mixed(shared, random).map((charged) => ({
      row: auditRow({ requestId: randomUUID(), costNanoUsd: 1, errorType: null }),
      intent: { owner, budgets: [charged] },
    }));
    return writeItems(database.budgets.pool, items);
  };
  await Promise.all([
    turns(commit, 1),
    turns(commit, 2),
    turns((random) => database.budgets.acquire(owner, mixed(requests, random)), 3),
    turns(
      (random) =>
        database.budgets.giveBack(
          owner,
          mixed(shared, random).map((applied) => ({ ...applied, amountNano: 1 })),
        ),
      4,
    ),
  ]);
  for (const applied of shared) await expect(database.budgets.spentNano(applied)).resolves.toBe(80);
  expect((await deadlocks(database)) - before).toBe(0);
});

test("leases are found by their key, also by statements that were planned when there were none", async () => {
  const { database } = await open();
  const owner = randomUUID();
  await database.budgets.register(owner, 600_000);
  const client = await database.budgets.pool.connect();
  try {
    const charged = budgetForParallel("0", 100_000);
    const ask = [owner, [charged.account], ["all"], [100_000], [1], [1], [1], [1], [0], 0];
    const use = async () => {
      await client.query({ name: "ask", text: ACQUIRE, values: ask });
      const rows = Array.from({ length: 20 }, () => auditRow({ costNanoUsd: 1, errorType: null }));
      await writeItems(
        client,
        rows.map((row, index) => ({ row, intent: { owner, budgets: [budgetForParallel(`${index}`, 1)] } })),
      );
      await client.query({
        name: "back",
        text: GIVE_BACK,
        values: [owner, [charged.account], ["all"], [0], 0],
      });
    };
    // A statement is planned for good after some uses.
    for (let time = 0; time < 10; time += 1) await use();
    await client.query(
      "INSERT INTO budget_leases SELECT $1, 'parallel:key:' || n, 'all', 1000 FROM generate_series(1, 2000) AS n",
      [owner],
    );
    const read = async () => {
      await client.query("SELECT pg_stat_force_next_flush()");
      const { rows } = await client.query<{ sum: string }>(
        "SELECT seq_tup_read + idx_tup_fetch AS sum FROM pg_stat_user_tables WHERE relname = 'budget_leases'",
      );
      return Number(rows[0]?.sum);
    };
    const before = await read();
    for (let time = 0; time < 10; time += 1) await use();
    expect((await read()) - before).toBeLessThan(2000);
  } finally {
    client.release();
  }
});

async function deadlocks({ budgets }: Database): Promise<number> {
  const { rows } = await budgets.pool.query<{ deadlocks: string }>(
    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
  );
  return Number(rows[0]?.deadlocks);
}
