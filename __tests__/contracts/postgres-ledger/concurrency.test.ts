import { randomUUID } from "node:crypto";
import { writeItems } from "../../../services/gateway/store/postgres/audit-rows";
import type { Database } from "../../../services/gateway/store/postgres/database";
import { giveBackLease } from "../../support/services/acquire-lease";
import {
  acquire,
  BUDGET,
  books,
  OTHER,
  paidRow,
  query,
  register,
  useLedgerDatabases,
} from "../../support/services/ledger-databases";
import { Random } from "../../support/services/random";

const { openGateways } = useLedgerDatabases();

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
