import { randomUUID } from "node:crypto";
import type { AuditLog } from "../../services/gateway/store/audit-log";
import {
  type BudgetId,
  type BudgetStore,
  type LeaseRequest,
  OwnerLostError,
} from "../../services/gateway/store/budget-store";
import { acquireLease, giveBackLease } from "../support/services/acquire-lease";
import { auditRow } from "../support/services/audit-row";

/** A store, the audit log that settles into it, and a look at what is leased. */
export interface OpenBudgetStore {
  readonly store: BudgetStore;
  readonly audit: AuditLog;
  readonly leased: (account: string) => Promise<number>;
  /** Costs and error types of the rows. */
  readonly rows: () => Promise<{ cost: number; errorType: string | null }[]>;
}

const TTL_MS = 60_000;

/** What every budget store does. */
export function describeBudgetStore(name: string, open: () => Promise<OpenBudgetStore>): void {
  describe(`budget store: ${name}`, () => {
    let opened: OpenBudgetStore;
    let owner: string;
    beforeEach(async () => {
      opened = await open();
      owner = await register();
    });

    const register = async (ttlMs = TTL_MS) => {
      const id = randomUUID();
      await opened.store.register(id, ttlMs);
      return id;
    };
    const budget = { account: "end_user:ada", period: "all" };
    const ask = (full: number, more: Partial<LeaseRequest & { owner: string }> = {}) =>
      acquireLease(opened.store, {
        ...budget,
        owner,
        limitNano: 1000,
        fullNano: full,
        preferredNano: full,
        leastNano: full,
        endNano: full,
        wantNano: 0,
        since: null,
        ...more,
      });
    const begin = async (amount: number, budgets = [budget], by = owner) => {
      const requestId = randomUUID();
      const entry = opened.audit.open();
      if (entry === undefined) throw new Error("not accepted");
      const row = auditRow({ requestId, costNanoUsd: 0, errorType: null });
      await entry.begin({ requestId, owner: by, budgets, reservedNano: amount, row });
      return (cost: number, onDurable?: () => void, unreserved?: readonly BudgetId[]) =>
        entry.commit({ ...row, costNanoUsd: cost }, onDurable, unreserved);
    };

    test("gives room once, up to the limit", async () => {
      await expect(ask(600)).resolves.toMatchObject({ grantedNano: 600, spentNano: 0, leasedNano: 600 });
      await expect(ask(600)).resolves.toMatchObject({ grantedNano: 0, spentNano: 0, leasedNano: 600 });
      await expect(ask(400)).resolves.toMatchObject({ grantedNano: 400, leasedNano: 1000 });
      await expect(ask(1)).resolves.toMatchObject({ grantedNano: 0 });
    });

    test("of many who ask at once, exactly as many get room as there is room for", async () => {
      const grants = await Promise.all(Array.from({ length: 40 }, () => ask(90)));
      expect(grants.filter((grant) => grant.grantedNano === 90)).toHaveLength(11);
      await expect(opened.leased(budget.account)).resolves.toBe(990);
    });

    test.each<[string, Partial<LeaseRequest>, number]>([
      ["plenty gives more than is needed, at most a sixteenth", { fullNano: 10, wantNano: 500 }, 62],
      [
        "an ample share when the whole does not fit",
        { fullNano: 5000, preferredNano: 100, leastNano: 10, endNano: 100 },
        250,
      ],
      [
        "nothing less than ample while more is to come",
        { fullNano: 5000, preferredNano: 1001, leastNano: 10, endNano: 900 },
        0,
      ],
      ["the rest near the end", { fullNano: 5000, preferredNano: 1001, leastNano: 10, endNano: 1001 }, 1000],
    ])("%s", async (_name, more, granted) => {
      await expect(ask(0, more)).resolves.toMatchObject({ grantedNano: granted });
    });

    test("a row takes its cost from the lease, once, and says when it is durable", async () => {
      await ask(600);
      const commit = await begin(600);
      const onDurable = jest.fn();
      await commit(250, onDurable);
      expect(onDurable).toHaveBeenCalledTimes(1);
      await expect(opened.store.spentNano(budget)).resolves.toBe(250);
      await expect(opened.leased(budget.account)).resolves.toBe(350);
      await giveBackLease(opened.store, owner, budget, 350);
      await expect(ask(750)).resolves.toMatchObject({ grantedNano: 750, spentNano: 250 });
    });

    test("a row is charged to each of its budgets", async () => {
      const other = { account: "user:grace", period: "all" };
      await ask(600);
      await ask(600, other);
      await (await begin(600, [budget, other]))(10);
      for (const one of [budget, other]) await expect(opened.store.spentNano(one)).resolves.toBe(10);
    });

    test("a row is charged to budgets that nothing was reserved in, where they are in use", async () => {
      const used = { account: "user:grace", period: "all" };
      const unused = { account: "user:ada", period: "all" };
      await ask(600);
      await ask(100, used);
      await giveBackLease(opened.store, owner, used, 100);
      await (await begin(600))(10, undefined, [used, unused]);
      const row = auditRow({ costNanoUsd: 5, errorType: null });
      await opened.audit.open()?.commit(row, undefined, [used, unused]);
      await expect(opened.store.spentNano(budget)).resolves.toBe(10);
      await expect(opened.store.spentNano(used)).resolves.toBe(15);
      await expect(opened.leased(used.account)).resolves.toBe(0);
      await expect(opened.store.spentNano(unused)).resolves.toBeUndefined();
    });

    test("a row that is there already costs nothing again", async () => {
      await ask(600);
      const row = auditRow({ costNanoUsd: 70, errorType: null });
      for (let time = 0; time < 3; time += 1) {
        const entry = opened.audit.open();
        const { requestId } = row;
        await entry?.begin({ requestId, owner, budgets: [budget], reservedNano: 200, row });
        await entry?.commit(row);
      }
      await expect(opened.rows()).resolves.toEqual([{ cost: 70, errorType: null }]);
      await expect(opened.store.spentNano(budget)).resolves.toBe(70);
      await expect(opened.leased(budget.account)).resolves.toBe(530);
      await opened.store.retire(owner);
      await expect(opened.store.spentNano(budget)).resolves.toBe(70);
    });

    test("spend that is set while there are leases leaves what is unspent of them leased", async () => {
      await ask(600);
      await (await begin(100))(100);
      await opened.store.setSpent(budget, 300);
      await expect(opened.store.spentNano(budget)).resolves.toBe(300);
      await expect(opened.leased(budget.account)).resolves.toBe(500);
      await expect(ask(201)).resolves.toMatchObject({ grantedNano: 0, spentNano: 300, leasedNano: 500 });
      await (await begin(50))(50);
      await expect(opened.store.spentNano(budget)).resolves.toBe(350);
      await expect(ask(200)).resolves.toMatchObject({ grantedNano: 200, leasedNano: 650 });
    });

    test("what is spent can be set, before and after the first request", async () => {
      await opened.store.setSpent(budget, 900);
      await expect(opened.store.spentNano(budget)).resolves.toBe(900);
      await opened.store.setSpent(budget, 0);
      await ask(600);
      await (await begin(600, [budget]))(10);
      await expect(opened.store.spentNano(budget)).resolves.toBe(10);
      await expect(opened.leased(budget.account)).resolves.toBe(590);
    });

    test("many requests at once add up", async () => {
      await ask(1000);
      const commits = await Promise.all(Array.from({ length: 100 }, () => begin(10)));
      await Promise.all(commits.map((commit, index) => commit(index % 10)));
      await expect(opened.store.spentNano(budget)).resolves.toBe(450);
      await expect(opened.leased(budget.account)).resolves.toBe(550);
    });

    test("an owner without a sign of life is ended: its requests are charged as reserved, the rest is free", async () => {
      const dead = await register(0);
      await ask(600, { owner: dead });
      await (await begin(100, [budget], dead))(7);
      await begin(300, [budget], dead);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await expect(opened.store.recover()).resolves.toBe(1);
      await expect(opened.store.spentNano(budget)).resolves.toBe(307);
      await expect(opened.leased(budget.account)).resolves.toBe(0);
      expect((await opened.rows()).sort((a, b) => a.cost - b.cost)).toEqual([
        { cost: 7, errorType: null },
        { cost: 300, errorType: "gateway_lost" },
      ]);
      await expect(opened.store.recover()).resolves.toBe(0);
      await expect(opened.store.heartbeat([dead, owner], TTL_MS)).resolves.toEqual([owner]);
    });

    test("a row that comes after its owner was ended takes the lost row's place, and refunds", async () => {
      await ask(600);
      const commit = await begin(300);
      await opened.store.retire(owner);
      await expect(opened.rows()).resolves.toEqual([{ cost: 300, errorType: "gateway_lost" }]);
      await expect(opened.store.spentNano(budget)).resolves.toBe(300);
      await commit(50);
      await expect(opened.store.spentNano(budget)).resolves.toBe(50);
      await expect(opened.rows()).resolves.toEqual([{ cost: 50, errorType: null }]);
    });

    test("a late row changes nothing in a budget that was set after its request was lost", async () => {
      await ask(600);
      const commit = await begin(300);
      await opened.store.retire(owner);
      await opened.store.setSpent(budget, 10);
      await commit(50);
      await expect(opened.store.spentNano(budget)).resolves.toBe(10);
      await expect(opened.rows()).resolves.toEqual([{ cost: 50, errorType: null }]);
    });

    test("what a lease is below zero is room of nobody, and can be given back", async () => {
      const other = await register();
      await ask(400);
      await (await begin(400))(900);
      await expect(ask(101, { owner: other })).resolves.toMatchObject({ grantedNano: 0, spentNano: 900 });
      await opened.store.setSpent(budget, 0);
      await expect(ask(1001, { owner: other })).resolves.toMatchObject({ grantedNano: 0 });
      await giveBackLease(opened.store, owner, budget, -500);
      await expect(opened.leased(budget.account)).resolves.toBe(0);
      await expect(ask(1000, { owner: other })).resolves.toMatchObject({ grantedNano: 1000 });
    });

    test("an ended owner gets nothing and begins nothing", async () => {
      await ask(600);
      await begin(300);
      await opened.store.retire(owner);
      await expect(ask(10)).rejects.toBeInstanceOf(OwnerLostError);
      await expect(begin(10)).rejects.toThrow();
      await giveBackLease(opened.store, owner, budget, 300);
      await expect(opened.leased(budget.account)).resolves.toBe(0);
    });
  });
}
