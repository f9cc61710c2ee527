import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { Ledger } from "../../services/gateway/money/ledger/ledger";
import type { AuditRow } from "../../services/gateway/store/audit-log";
import { writeItems } from "../../services/gateway/store/postgres/audit-rows";
import { type Database, openDatabase } from "../../services/gateway/store/postgres/database";
import { migrations } from "../../services/gateway/store/postgres/migrations";
import { migrate } from "../../services/gateway/store/postgres/schema";
import { createLogger } from "../../services/shared/logger";
import { acquireLease, giveBackLease } from "../support/services/acquire-lease";
import { auditRow } from "../support/services/audit-row";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { Random } from "../support/services/random";
import { describeLedger, type LedgerRow } from "./ledger.contract";

/** How money stands in the tables: what is spent stands with the lease, and is folded into the budget when the lease changes. */
const logger = createLogger({ name: "test", level: "silent" });
const TTL_MS = 60_000;
const BUDGET = { account: "end_user:ada", period: "all" };
const OTHER = { account: "end_user:grace", period: "all" };

let postgres: EmbeddedPostgres;
let databases: Database[] = [];
let count = 0;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
afterEach(async () => {
  await Promise.all(databases.map((database) => database.close(1000)));
  databases = [];
});
afterAll(() => postgres.stop());

const nextName = () => {
  count += 1;
  return `ledger_${count}`;
};

/** Gateways on one database. */
async function openGateways(gateways: number, url?: string): Promise<Database[]> {
  const connectionString = url ?? (await postgres.createDatabaseWithSchema(nextName()));
  for (let index = 0; index < gateways; index += 1)
    databases.push(openDatabase({ address: { connectionString }, logger, poolSize: 3 }));
  const opened = databases.slice(-gateways);
  await eventually(() => opened.every(({ audit }) => audit.isAccepting));
  return opened;
}

async function openOne(url?: string): Promise<Database> {
  const [database] = await openGateways(1, url);
  return database as Database;
}

async function query<Row extends object>(
  { budgets }: Database,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await budgets.pool.query<Row>(text, values)).rows;
}

/** The columns themselves. */
async function books(database: Database, { account }: typeof BUDGET) {
  const [row] = await query(
    database,
    `SELECT b.spent_nano_usd::int AS spent, b.leased_nano_usd::int AS leased,
            coalesce(array_agg(ARRAY[l.amount_nano_usd, l.spent_nano_usd]::int[] ORDER BY l.amount_nano_usd) FILTER (WHERE l.owner IS NOT NULL), '{}') AS leases
       FROM budgets b LEFT JOIN budget_leases l USING (account, period)
      WHERE b.account = $1 GROUP BY b.account, b.period`,
    [account],
  );
  return row;
}

const rowsOf = (database: Database) =>
  query<LedgerRow>(
    database,
    `SELECT request_id AS "requestId", cost_nano_usd::float8 AS cost, error_type AS "errorType" FROM audit_log`,
  );

/** Time is made to pass by bringing the end of every owner nearer. */
const pass = (database: Database, ms: number) =>
  query(database, "UPDATE ledger_owners SET expires_at = expires_at - $1 * interval '1 ms'", [ms]);

async function register(database: Database): Promise<string> {
  const owner = randomUUID();
  await database.budgets.register(owner, TTL_MS);
  return owner;
}

const acquire = (database: Database, owner: string, amount: number, budget = BUDGET, limitNano = 1000) =>
  acquireLease(database.budgets, {
    ...budget,
    owner,
    limitNano,
    fullNano: amount,
    preferredNano: amount,
    leastNano: amount,
    endNano: amount,
    wantNano: 0,
    since: null,
  });

const paidRow = (costNanoUsd: number) => auditRow({ costNanoUsd, errorType: null });

describeLedger(
  "postgres",
  async () => {
    const gateways = await openGateways(2);
    const [database] = gateways as [Database];
    return {
      gateways: gateways.map(({ budgets, audit }) => ({ store: budgets, audit })),
      leased: async (account) => {
        const [row] = await query<{ leased: string; isWhole: boolean }>(
          database,
          `SELECT b.leased_nano_usd - coalesce(sum(l.spent_nano_usd), 0) AS leased,
                  b.leased_nano_usd = coalesce(sum(l.amount_nano_usd), 0) AS "isWhole"
             FROM budgets b LEFT JOIN budget_leases l USING (account, period)
            WHERE b.account = $1 GROUP BY b.account, b.period`,
          [account],
        );
        expect(row?.isWhole ?? true).toBe(true);
        return Number(row?.leased ?? 0);
      },
      rows: () => rowsOf(database),
      pass: async (ms) => void (await pass(database, ms)),
    };
  },
  { schedules: 4, steps: 60 },
);

test("what is spent stands with the lease, and is folded into the budget when the lease grows or shrinks", async () => {
  const database = await openOne();
  const owner = await register(database);
  await acquire(database, owner, 600);
  const spend = (cost: number) =>
    writeItems(database.budgets.pool, [{ row: paidRow(cost), intent: { owner, budgets: [BUDGET] } }]);
  await spend(100);
  await spend(50);
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: 0, leased: 600, leases: [[600, 150]] });
  await expect(acquire(database, owner, 200)).resolves.toMatchObject({
    grantedNano: 200,
    spentNano: 150,
    leasedNano: 650,
  });
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: 150, leased: 650, leases: [[650, 0]] });
  await spend(30);
  await giveBackLease(database.budgets, owner, BUDGET, 400);
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: 180, leased: 220, leases: [[220, 0]] });
  await spend(20);
  await database.budgets.retire(owner);
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: 200, leased: 0, leases: [] });
});

test("what is spent from other leases counts when there is a question, and stays there", async () => {
  const database = await openOne();
  const [one, other] = [await register(database), await register(database)];
  await acquire(database, one, 600);
  await writeItems(database.budgets.pool, [{ row: paidRow(500), intent: { owner: one, budgets: [BUDGET] } }]);
  await expect(acquire(database, other, 401)).resolves.toMatchObject({
    grantedNano: 0,
    spentNano: 500,
    leasedNano: 100,
  });
  await expect(acquire(database, other, 400)).resolves.toMatchObject({
    grantedNano: 400,
    spentNano: 500,
    leasedNano: 500,
  });
  await expect(books(database, BUDGET)).resolves.toEqual({
    spent: 0,
    leased: 1000,
    leases: [
      [400, 0],
      [600, 500],
    ],
  });
});

test("a batch that is written again, in part or whole, charges nothing twice", async () => {
  const database = await openOne();
  const owner = await register(database);
  await acquire(database, owner, 600);
  await acquire(database, owner, 600, OTHER);
  const items = [
    { row: paidRow(10), intent: { owner, budgets: [BUDGET] } },
    { row: paidRow(5), intent: { owner, budgets: [BUDGET, OTHER] } },
    { row: paidRow(1000), intent: undefined },
  ];
  await writeItems(database.budgets.pool, items.slice(0, 2));
  await writeItems(database.budgets.pool, items);
  await writeItems(database.budgets.pool, items);
  await expect(books(database, BUDGET)).resolves.toMatchObject({ leases: [[600, 15]] });
  await expect(books(database, OTHER)).resolves.toMatchObject({ leases: [[600, 5]] });
  await expect(rowsOf(database)).resolves.toHaveLength(3);
});

/** A request on BUDGET and OTHER that is reserved 300 and settled as lost, and how its own row comes late. */
async function loseRequest(database: Database, cost: number, more: Partial<AuditRow> = {}) {
  const owner = await register(database);
  for (const budget of [BUDGET, OTHER]) await acquire(database, owner, 600, budget);
  const row = { ...paidRow(cost), ...more };
  const entry = database.audit.open();
  const intent = { requestId: row.requestId, owner, budgets: [BUDGET, OTHER] };
  await entry?.begin({ ...intent, reservedNano: 300, row: { ...row, costNanoUsd: 0 } });
  await database.budgets.retire(owner);
  return { row, intent, late: (onDurable?: () => void) => entry?.commit(row, onDurable) };
}

const historyOf = (database: Database, { requestId }: AuditRow) =>
  query(
    database,
    `SELECT cost_nano_usd::int AS cost, status, error_type AS "errorType", lost_cost_nano_usd::int AS lost,
            lost_at IS NOT NULL AS "wasLost" FROM audit_log WHERE request_id = $1`,
    [requestId],
  );

test("a row that comes after its request was settled as lost takes that row's place and refunds its budgets, once", async () => {
  const database = await openOne();
  const { row, intent, late } = await loseRequest(database, 50);
  await expect(historyOf(database, row)).resolves.toEqual([
    { cost: 300, status: 500, errorType: "gateway_lost", lost: 300, wasLost: true },
  ]);
  const onDurable = jest.fn();
  await late(onDurable);
  expect(onDurable).toHaveBeenCalledTimes(1);
  const replaced = [{ cost: 50, status: 200, errorType: null, lost: 300, wasLost: true }];
  await expect(historyOf(database, row)).resolves.toEqual(replaced);
  for (const budget of [BUDGET, OTHER])
    await expect(books(database, budget)).resolves.toEqual({ spent: 50, leased: 0, leases: [] });
  // A batch whose outcome was unknown is written again, and so is a journal that two processes have read.
  const other = { row: paidRow(9), intent };
  await Promise.all([1, 2, 3].map(() => writeItems(database.budgets.pool, [{ row, intent }, other])));
  await expect(historyOf(database, row)).resolves.toEqual(replaced);
  for (const budget of [BUDGET, OTHER])
    await expect(books(database, budget)).resolves.toEqual({ spent: 59, leased: 0, leases: [] });
});

test("a late row that cost nothing, or more than was reserved, is charged what it cost", async () => {
  const database = await openOne();
  await (await loseRequest(database, 0)).late();
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(0);
  await (await loseRequest(database, 700)).late();
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(700);
});

test("spend that was set after a request was lost is not changed by its late row", async () => {
  const database = await openOne();
  const keyId = randomUUID();
  const { row, late } = await loseRequest(database, 50, { keyId, userId: "ada" });
  await database.budgets.setSpent(BUDGET, 0);
  await database.spend.set("key", keyId, 20);
  await late();
  await expect(historyOf(database, row)).resolves.toMatchObject([{ cost: 50, errorType: null }]);
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(0);
  await expect(database.budgets.spentNano(OTHER)).resolves.toBe(50);
  // The sums of rows were set too, of the key only.
  expect((await database.spend.byKeys([keyId])).get(keyId)).toBe(20);
  expect((await database.spend.byUsers(["ada"])).get("ada")).toBe(50);
});

test("a late row is charged to a budget that was set while its request ran, whenever that was used first", async () => {
  const database = await openOne();
  const [before, after] = [
    { account: "user:grace", period: "before" },
    { account: "user:grace", period: "after" },
  ];
  const other = await register(database);
  await acquire(database, other, 1, before);
  const { row, intent } = await loseRequest(database, 50, { userId: "grace" });
  // Begins with the sum of the rows, that of the lost request included.
  await acquire(database, other, 1, after);
  await expect(database.budgets.spentNano(after)).resolves.toBe(300);
  const unreserved = [before, after];
  await writeItems(database.budgets.pool, [{ row, intent: { ...intent, unreserved } }]);
  for (const budget of [BUDGET, OTHER, ...unreserved])
    await expect(database.budgets.spentNano(budget)).resolves.toBe(50);
});

test("a lease from which more was spent than it holds gives its owner's deficit to nobody", async () => {
  const database = await openOne();
  const [over, other] = [await register(database), await register(database)];
  await acquire(database, over, 400);
  await writeItems(database.budgets.pool, [
    { row: paidRow(900), intent: { owner: over, budgets: [BUDGET] } },
  ]);
  await expect(acquire(database, other, 101)).resolves.toMatchObject({ grantedNano: 0, spentNano: 900 });
  await database.budgets.setSpent(BUDGET, 0);
  await expect(acquire(database, other, 1001)).resolves.toMatchObject({ grantedNano: 0 });
  // What is below zero is given back like what is left.
  await giveBackLease(database.budgets, over, BUDGET, -500);
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: 0, leased: 0, leases: [[0, 0]] });
  await expect(acquire(database, other, 1000)).resolves.toMatchObject({ grantedNano: 1000 });
});

test("a row without a lease, because its owner was ended and its intent is lost, is charged to the budget itself", async () => {
  const database = await openOne();
  const [ended, alive] = [await register(database), await register(database)];
  for (const owner of [ended, alive]) await acquire(database, owner, 300);
  await acquire(database, ended, 300, OTHER);
  await database.budgets.retire(ended);
  await writeItems(database.budgets.pool, [
    { row: paidRow(7), intent: { owner: ended, budgets: [BUDGET, OTHER] } },
    { row: paidRow(9), intent: { owner: ended, budgets: [BUDGET] } },
    { row: paidRow(100), intent: { owner: alive, budgets: [BUDGET] } },
    // Alive, but it never had a lease on this one.
    { row: paidRow(20), intent: { owner: alive, budgets: [OTHER] } },
  ]);
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: 16, leased: 300, leases: [[300, 100]] });
  await expect(books(database, OTHER)).resolves.toEqual({ spent: 27, leased: 0, leases: [] });
});

test("a row that meets the end of its owner is charged once, and what it cost, whoever comes first", async () => {
  const database = await openOne();
  const rounds = 20;
  for (let round = 0; round < rounds; round += 1) {
    const owner = await register(database);
    await acquire(database, owner, 40, BUDGET, 1_000_000);
    const row = paidRow(1);
    const entry = database.audit.open();
    await entry?.begin({ requestId: row.requestId, owner, budgets: [BUDGET], reservedNano: 30, row });
    await Promise.all([entry?.commit(row), database.budgets.retire(owner)]);
    await expect(historyOf(database, row)).resolves.toMatchObject([{ cost: 1, errorType: null }]);
  }
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: rounds, leased: 0, leases: [] });
});

test("spend that is set forgets what was spent from leases; what is left of them stays leased", async () => {
  const database = await openOne();
  const [one, other] = [await register(database), await register(database)];
  await acquire(database, one, 500);
  await acquire(database, other, 300);
  await writeItems(database.budgets.pool, [
    { row: paidRow(100), intent: { owner: one, budgets: [BUDGET] } },
    { row: paidRow(250), intent: { owner: other, budgets: [BUDGET] } },
  ]);
  await database.budgets.setSpent(BUDGET, 40);
  await expect(books(database, BUDGET)).resolves.toEqual({
    spent: 40,
    leased: 450,
    leases: [
      [50, 0],
      [400, 0],
    ],
  });
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(40);
  await writeItems(database.budgets.pool, [{ row: paidRow(10), intent: { owner: one, budgets: [BUDGET] } }]);
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(50);
  await expect(acquire(database, one, 511)).resolves.toMatchObject({ grantedNano: 0 });
  await expect(acquire(database, one, 510)).resolves.toMatchObject({ grantedNano: 510, leasedNano: 950 });
});

test("gateways that take, spend, give back, end and reset side by side keep the sums, and the limit", async () => {
  const gateways = await openGateways(2);
  const [database] = gateways as [Database];
  const limits: [typeof BUDGET, number][] = [
    [BUDGET, 3000],
    [OTHER, 2000],
  ];
  const check = async () => {
    const sums = await query<{ account: string; isWhole: boolean; used: number; least: number }>(
      database,
      `SELECT b.account, b.leased_nano_usd = coalesce(sum(l.amount_nano_usd), 0) AS "isWhole",
              (b.spent_nano_usd + b.leased_nano_usd)::int AS used,
              coalesce(min(l.amount_nano_usd - l.spent_nano_usd), 0)::int AS least
         FROM budgets b LEFT JOIN budget_leases l USING (account, period) GROUP BY b.account, b.period`,
    );
    for (const { account, isWhole, used, least } of sums) {
      expect(isWhole).toBe(true);
      expect(used).toBeLessThanOrEqual(limits.find(([{ account: one }]) => one === account)?.[1] ?? 0);
      expect(least).toBeGreaterThanOrEqual(0);
    }
  };
  let spent = 0;
  const work = async (gateway: Database, seed: number) => {
    const random = new Random(seed);
    let owner = await register(gateway);
    let free = new Map<string, number>();
    for (let turn = 0; turn < 40; turn += 1) {
      const [budget, limit] = random.pick(limits);
      const held = free.get(budget.account) ?? 0;
      const action = random.next();
      if (action < 0.4) {
        const { grantedNano } = await acquire(gateway, owner, random.int(1, 300), budget, limit);
        free.set(budget.account, held + grantedNano);
      } else if (action < 0.75) {
        const cost = random.int(0, held);
        free.set(budget.account, held - cost);
        spent += cost;
        await writeItems(gateway.budgets.pool, [
          { row: paidRow(cost), intent: { owner, budgets: [budget] } },
        ]);
      } else if (action < 0.93) {
        const back = random.int(0, held);
        free.set(budget.account, held - back);
        await giveBackLease(gateway.budgets, owner, budget, back);
      } else {
        await gateway.budgets.retire(owner);
        owner = await register(gateway);
        free = new Map();
      }
    }
    await gateway.budgets.retire(owner);
  };
  let isDone = false;
  const watching = (async () => {
    while (!isDone) await check();
  })();
  await Promise.all([1, 2, 3, 4].map((seed) => work(gateways[seed % 2] as Database, seed)));
  isDone = true;
  await watching;
  const totals = limits.map(
    ([budget]) => books(database, budget) as Promise<{ spent: number; leased: number }>,
  );
  const sums = await Promise.all(totals);
  expect(sums.map(({ leased }) => leased)).toEqual([0, 0]);
  expect(sums.reduce((sum, one) => sum + one.spent, 0)).toBe(spent);
});

test("spend can be set while owners end and rows are written", async () => {
  const [here, there] = (await openGateways(2)) as [Database, Database];
  const turns = async (act: () => Promise<unknown>) => {
    for (let turn = 0; turn < 25; turn += 1) await act();
  };
  await Promise.all([
    turns(() => here.budgets.setSpent(BUDGET, 0)),
    turns(() => here.budgets.setSpent(OTHER, 0)),
    ...[here, there].map((gateway) =>
      turns(async () => {
        const owner = await register(gateway);
        for (const budget of [BUDGET, OTHER]) await acquire(gateway, owner, 10, budget);
        const late = randomUUID();
        await writeItems(gateway.budgets.pool, [
          { row: paidRow(1), intent: { owner, budgets: [BUDGET, OTHER] } },
          { row: paidRow(1), intent: { owner: late, budgets: [BUDGET, OTHER] } },
        ]);
        await gateway.budgets.retire(owner);
      }),
    ),
  ]);
  for (const budget of [BUDGET, OTHER]) {
    await here.budgets.setSpent(budget, 5);
    await expect(books(here, budget)).resolves.toEqual({ spent: 5, leased: 0, leases: [] });
  }
});

test("the schema that kept intents one by one is taken over with what is open", async () => {
  const url = await postgres.createDatabase(nextName());
  const client = new Client({ connectionString: url });
  await client.connect();
  const [owner, done] = [randomUUID(), paidRow(20)];
  const open: AuditRow[] = [paidRow(0), paidRow(0)];
  try {
    await migrate(
      client,
      migrations.filter(({ version }) => version < 7),
    );
    await client.query("INSERT INTO ledger_owners VALUES ($1, now() - interval '1 s')", [owner]);
    for (const { account, period } of [BUDGET, OTHER]) {
      await client.query("INSERT INTO budgets VALUES ($1, $2, 20, 480, 100)", [account, period]);
      await client.query("INSERT INTO budget_leases VALUES ($1, $2, $3, 480)", [owner, account, period]);
    }
    await writeOldIntent(client, owner, open[0] as AuditRow, 200, [BUDGET]);
    await writeOldIntent(client, owner, open[1] as AuditRow, 30, [BUDGET, OTHER]);
  } finally {
    await client.end();
  }
  const database = await openOne(url);
  await writeItems(database.budgets.pool, [{ row: done, intent: undefined }]);
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(20);
  await expect(database.budgets.recover()).resolves.toBe(1);
  await expect(books(database, BUDGET)).resolves.toEqual({ spent: 250, leased: 0, leases: [] });
  await expect(books(database, OTHER)).resolves.toEqual({ spent: 50, leased: 0, leases: [] });
  await expect(query(database, "SELECT * FROM intent_batches")).resolves.toEqual([]);
  expect((await rowsOf(database)).sort((a, b) => a.cost - b.cost)).toEqual([
    { requestId: done.requestId, cost: 20, errorType: null },
    { requestId: open[1]?.requestId, cost: 30, errorType: "gateway_lost" },
    { requestId: open[0]?.requestId, cost: 200, errorType: "gateway_lost" },
  ]);
});

async function writeOldIntent(
  client: Client,
  owner: string,
  row: AuditRow,
  reservedNano: number,
  budgets: readonly (typeof BUDGET)[],
): Promise<void> {
  await client.query("INSERT INTO budget_intents VALUES ($1, $2, $3, $4, $5)", [
    row.requestId,
    owner,
    JSON.stringify(budgets),
    reservedNano,
    JSON.stringify(row),
  ]);
}

test("a late row of an ended owner is charged although the budget was swept meanwhile", async () => {
  const database = await openOne();
  const owner = randomUUID();
  await database.budgets.register(owner, TTL_MS);
  const amounts = { fullNano: 5, preferredNano: 5, leastNano: 5, endNano: 5, wantNano: 0, since: null };
  await acquireLease(database.budgets, { ...BUDGET, ...amounts, owner, limitNano: 1000 });
  // Its intent was lost in a crash, and the owner ended without it.
  await database.budgets.retire(owner);
  await query(database, "DELETE FROM budgets");
  const row = auditRow({ costNanoUsd: 3 });
  await writeItems(database.budgets.pool, [{ row, intent: { owner, budgets: [BUDGET] } }]);
  await expect(database.budgets.spentNano(BUDGET)).resolves.toBe(3);
});

test("when as many budgets are kept as may be, new end users get no room, and known ones do", async () => {
  const database = await openOne();
  const owner = randomUUID();
  await database.budgets.register(owner, TTL_MS);
  const amounts = { fullNano: 5, preferredNano: 5, leastNano: 5, endNano: 5, wantNano: 0, since: null };
  const acquire = (account: string) =>
    acquireLease(database.budgets, { account, period: "all", ...amounts, owner, limitNano: 1000 });
  await expect(acquire(BUDGET.account)).resolves.toMatchObject({ grantedNano: 5 });
  await query(database, "UPDATE pg_class SET reltuples = 1000000 WHERE oid = 'budgets'::regclass");
  await expect(acquire(BUDGET.account)).resolves.toMatchObject({ grantedNano: 5 });
  await expect(acquire(OTHER.account)).rejects.toThrow("missing");
  const ledger = new Ledger({ store: database.budgets, logger });
  const bounds = { fullNano: 5, preferredNano: 5, leastNano: 5 };
  await expect(ledger.reserve([{ ...OTHER, limitNano: 1000, since: null }], bounds)).resolves.toMatchObject({
    reason: "reserved",
  });
  await expect(acquire(`key:${randomUUID()}`)).resolves.toMatchObject({ grantedNano: 5 });
});
