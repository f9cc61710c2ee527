import { randomUUID } from "node:crypto";
import { Ledger } from "../../../services/gateway/money/ledger/ledger";
import { writeItems } from "../../../services/gateway/store/postgres/audit-rows";
import type { Database } from "../../../services/gateway/store/postgres/database";
import { giveBackLease } from "../../support/services/acquire-lease";
import {
  acquire,
  BUDGET,
  books,
  logger,
  OTHER,
  paidRow,
  query,
  register,
  useLedgerDatabases,
} from "../../support/services/ledger-databases";
import { describeLedger, type LedgerRow } from "../ledger.contract";

/** How money stands in the tables: what is spent stands with the lease, and is folded into the budget when the lease changes. */
const { openGateways, openOne } = useLedgerDatabases();

const rowsOf = (database: Database) =>
  query<LedgerRow>(
    database,
    `SELECT request_id AS "requestId", cost_nano_usd::float8 AS cost, error_type AS "errorType" FROM audit_log`,
  );

/** Lets time pass by bringing the expiry of every owner nearer. */
const pass = (database: Database, ms: number) =>
  query(database, "UPDATE ledger_owners SET expires_at = expires_at - $1 * interval '1 ms'", [ms]);

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

test("at the maximum number of budgets, new end users are refused a lease and known ones get one", async () => {
  const database = await openOne();
  const owner = await register(database);
  const acquireFor = (account: string) => acquire(database, owner, 5, { account, period: "all" });
  await expect(acquireFor(BUDGET.account)).resolves.toMatchObject({ grantedNano: 5 });
  await query(database, "UPDATE pg_class SET reltuples = 1000000 WHERE oid = 'budgets'::regclass");
  await expect(acquireFor(BUDGET.account)).resolves.toMatchObject({ grantedNano: 5 });
  await expect(acquireFor(OTHER.account)).rejects.toThrow("missing");
  const ledger = new Ledger({ store: database.budgets, logger });
  const bounds = { fullNano: 5, preferredNano: 5, leastNano: 5 };
  await expect(ledger.reserve([{ ...OTHER, limitNano: 1000, since: null }], bounds)).resolves.toMatchObject({
    reason: "reserved",
  });
  await expect(acquireFor(`key:${randomUUID()}`)).resolves.toMatchObject({ grantedNano: 5 });
});
