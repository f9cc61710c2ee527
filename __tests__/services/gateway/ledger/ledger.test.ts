import { randomUUID } from "node:crypto";
import { MemoryAuditLog } from "../../../../services/gateway/adapters/memory/audit-log";
import { MemoryBudgetStore } from "../../../../services/gateway/adapters/memory/budget-store";
import type { AppliedBudget } from "../../../../services/gateway/ledger/lease-epoch";
import { Ledger } from "../../../../services/gateway/ledger/ledger";
import { Reservation } from "../../../../services/gateway/ledger/reservation";
import type { BudgetId, LeaseRequest } from "../../../../services/gateway/ports/budget-store";
import { StoreUnavailableError } from "../../../../services/gateway/ports/key-store";
import { auditRow } from "../../../support/services/audit-row";
import { Random } from "../../../support/services/random";

const logger = { warn: () => {}, info: () => {} };
const budget = (account: string, limitNano: number): AppliedBudget => ({
  account,
  period: "all",
  limitNano,
  since: null,
});
const bounds = (full: number, ample = full, least = ample) => ({
  fullNano: full,
  ampleNano: ample,
  leastNano: least,
});

function open(clock = { now: () => Date.now() }) {
  const store: FlakyBudgetStore = new FlakyBudgetStore((row) => void audit.add(row), clock);
  const audit = new MemoryAuditLog({ budgets: store });
  return { store, audit, ledger: new Ledger({ store, logger }) };
}

/** Loses the answer to a question now and then, after or before it was acted on. */
class FlakyBudgetStore extends MemoryBudgetStore {
  failure: () => "none" | "before" | "after" = () => "none";

  override acquire(request: LeaseRequest) {
    return this.#unsure(() => super.acquire(request));
  }

  override giveBack(owner: string, id: BudgetId, amountNano: number) {
    return this.#unsure(() => super.giveBack(owner, id, amountNano));
  }

  async #unsure<Value>(act: () => Promise<Value>): Promise<Value> {
    const failure = this.failure();
    if (failure === "before") throw new StoreUnavailableError("lost");
    const value = await act();
    if (failure === "after") throw new StoreUnavailableError("lost");
    return value;
  }
}

type Opened = ReturnType<typeof open>;

/** What a request does around its reservation. @returns how to end it */
async function begin({ audit }: Opened, reservation: Reservation, requestId = randomUUID()) {
  const entry = audit.open();
  if (entry === undefined) throw new Error("the log is full");
  await entry.begin(reservation.toIntent(auditRow({ requestId, costNanoUsd: 0 })));
  return (cost: number) =>
    entry.commit(auditRow({ requestId, costNanoUsd: cost }), () => reservation.settle(cost));
}

async function reserved(result: Promise<unknown>): Promise<Reservation> {
  const value = await result;
  if (!(value instanceof Reservation)) throw new Error(`refused: ${JSON.stringify(value)}`);
  return value;
}

test("a request takes what it may cost, and leaves what it did cost", async () => {
  const opened = open();
  const { ledger, store } = opened;
  const key = budget("key:1", 1000);
  const end = await begin(opened, await reserved(ledger.reserve([key], bounds(400))));
  expect(ledger.reservedNano).toBe(400);
  await end(150);
  expect(ledger.reservedNano).toBe(0);
  await expect(ledger.spentNano(key)).resolves.toBe(150);
  expect(store.intents.size).toBe(0);
});

test("what running requests hold is refused for now, what is spent for good", async () => {
  const opened = open();
  const { ledger } = opened;
  const key = budget("key:1", 1000);
  const end = await begin(opened, await reserved(ledger.reserve([key], bounds(700))));
  await expect(ledger.reserve([key], bounds(400))).resolves.toMatchObject({ reason: "reserved" });
  await end(700);
  await expect(ledger.reserve([key], bounds(400))).resolves.toMatchObject({
    reason: "spent",
    spentNano: 700,
  });
  await expect(reserved(ledger.reserve([key], bounds(300)))).resolves.toMatchObject({ amountNano: 300 });
});

test("with several budgets it is all or nothing, and as much as the smallest gives", async () => {
  const { ledger } = open();
  const [large, small] = [budget("key:1", 10_000), budget("end_user:1", 500)];
  await expect(ledger.reserve([large, small], bounds(600))).resolves.toMatchObject({
    reason: "spent",
    budget: small,
  });
  expect(ledger.reservedNano).toBe(0);
  await expect(reserved(ledger.reserve([large, small], bounds(600, 500, 100)))).resolves.toMatchObject({
    amountNano: 500,
  });
  expect(ledger.reservedNano).toBe(1000);
});

test("an agent that asks for very long answers is not starved: it gets a shorter one", async () => {
  const { ledger } = open();
  const key = budget("key:1", 1000);
  const amounts: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    const result = await ledger.reserve([key], bounds(900, 50, 10));
    if (result instanceof Reservation) amounts.push(result.amountNano);
  }
  expect(amounts).toHaveLength(3);
  expect(amounts[0]).toBe(900);
  for (const amount of amounts.slice(1)) expect(amount).toBeGreaterThanOrEqual(50);
});

test("near its end a budget is used up by short answers", async () => {
  const opened = open();
  const { ledger } = opened;
  const key = budget("key:1", 1000);
  await (await begin(opened, await reserved(ledger.reserve([key], bounds(970)))))(970);
  await expect(reserved(ledger.reserve([key], bounds(900, 50, 10)))).resolves.toMatchObject({
    amountNano: 30,
  });
});

test("what a quiet gateway holds comes back for the others", async () => {
  const one = open();
  const other = new Ledger({ store: one.store, logger });
  const key = budget("key:1", 1000);
  await (await begin(one, await reserved(one.ledger.reserve([key], bounds(1000)))))(1);
  await expect(other.reserve([key], bounds(900))).resolves.toMatchObject({ reason: "reserved" });
  await one.ledger.beat();
  await one.ledger.beat();
  await expect(reserved(other.reserve([key], bounds(900)))).resolves.toMatchObject({ amountNano: 900 });
});

test("a dead gateway's requests are charged as reserved, each with a row, and the rest is free", async () => {
  let now = 0;
  const opened = open({ now: () => now });
  const { ledger, store, audit } = opened;
  const key = budget("key:1", 1000);
  await begin(opened, await reserved(ledger.reserve([key], bounds(300))));
  now = 10_000;
  await expect(store.recover()).resolves.toBe(1);
  expect(store.leasedNano(key)).toBe(0);
  await expect(ledger.spentNano(key)).resolves.toBe(300);
  expect([...audit.rows.values()]).toMatchObject([
    { status: 500, errorType: "gateway_lost", costNanoUsd: 300 },
  ]);
});

test("a gateway that was given up for dead cannot spend, and begins anew", async () => {
  let now = 0;
  const opened = open({ now: () => now });
  const { ledger, store } = opened;
  const key = budget("key:1", 1000);
  const late = await reserved(ledger.reserve([key], bounds(300)));
  now = 10_000;
  await store.recover();
  await expect(begin(opened, late)).rejects.toMatchObject({ name: "AuditNotCommittedError" });
  await ledger.beat();
  await (await begin(opened, await reserved(ledger.reserve([key], bounds(1000)))))(1000);
  await expect(ledger.spentNano(key)).resolves.toBe(1000);
});

/**
 * Random schedules of several gateways on shared budgets. The model is the plainest there is: what providers
 * billed, summed up.
 */
test.each(Array.from({ length: 60 }, (_, index) => index + 1))(
  "random schedule %s keeps every promise",
  async (seed) => {
    const random = new Random(seed);
    let now = 1000;
    const opened = open({ now: () => now });
    const { store, audit } = opened;
    const isShaky = random.next() < 0.5;
    store.failure = () => {
      const dice = random.next();
      return !isShaky || dice > 0.1 ? "none" : dice > 0.05 ? "before" : "after";
    };
    const limits = {
      "key:a": random.int(2000, 20_000),
      "key:b": random.int(2000, 20_000),
      "end_user:c": 9000,
    };
    const budgets = Object.entries(limits).map(([account, limit]) => budget(account, limit));
    const gateways = Array.from({ length: random.int(1, 3) }, () => new Ledger({ store, logger }));
    const running: {
      gateway: number;
      charged: readonly AppliedBudget[];
      amount: number;
      end: (cost: number) => Promise<void>;
    }[] = [];
    const billed = new Map<string, number>();
    /** What the provider billed for requests whose gateway died; the ledger may only know more. */
    const lost = new Map<string, number>();
    const add = (sums: Map<string, number>, charged: readonly AppliedBudget[], cost: number) => {
      for (const { account } of charged) sums.set(account, (sums.get(account) ?? 0) + cost);
    };
    const check = async () => {
      for (const one of budgets) {
        const spent = (await store.spentNano(one)) ?? 0;
        expect(spent + store.leasedNano(one)).toBeLessThanOrEqual(one.limitNano);
        expect(spent).toBeGreaterThanOrEqual(billed.get(one.account) ?? 0);
      }
    };

    for (let step = 0; step < 150; step += 1) {
      const gateway = random.int(0, gateways.length - 1);
      const ledger = gateways[gateway] as Ledger;
      const action = random.next();
      if (action < 0.45) {
        const charged = random.pick([
          budgets.slice(0, 1),
          budgets.slice(1, 2),
          [budgets[0], budgets[2]],
        ] as AppliedBudget[][]);
        const full = random.int(50, 1500);
        const ample = random.int(20, full);
        const result = await ledger
          .reserve(charged, bounds(full, ample, random.int(10, ample)))
          .catch(() => undefined);
        if (!(result instanceof Reservation)) continue;
        const end = await begin(opened, result).catch(() => undefined);
        if (end !== undefined) running.push({ gateway, charged, amount: result.amountNano, end });
      } else if (action < 0.8 && running.length > 0) {
        const [one] = running.splice(random.int(0, running.length - 1), 1);
        if (one === undefined) continue;
        // An abort before anything came costs nothing, an answer anything up to its bound.
        const cost = random.next() < 0.2 ? 0 : random.int(0, one.amount);
        await one.end(cost);
        add(billed, one.charged, cost);
      } else if (action < 0.93) {
        now += random.int(0, 1000);
        await ledger.beat();
      } else {
        // Killed: nothing of its memory is left. The others notice after a while.
        for (const one of running.filter((candidate) => candidate.gateway === gateway)) {
          running.splice(running.indexOf(one), 1);
          add(lost, one.charged, random.int(0, one.amount));
        }
        gateways[gateway] = new Ledger({ store, logger });
        if (random.next() < 0.7) {
          for (const other of gateways) await other.beat();
          now += 3500;
          for (const other of gateways) if (other.reservedNano > 0) await other.beat();
          await store.recover();
          for (const one of [...running]) {
            // Whoever gave no sign of life within the time is dead as well, as far as the store knows.
            if (store.intents.size === 0) running.splice(running.indexOf(one), 1);
          }
        }
      }
      await check();
    }
    for (const one of running) await one.end(0);
    now += 10_000;
    await store.recover();
    expect(store.intents.size).toBe(0);
    for (const one of budgets) {
      expect(store.leasedNano(one)).toBe(0);
      const spent = (await store.spentNano(one)) ?? 0;
      expect(spent).toBeLessThanOrEqual(one.limitNano);
      expect(spent).toBeGreaterThanOrEqual((billed.get(one.account) ?? 0) + (lost.get(one.account) ?? 0));
    }
    expect(audit.rows.size).toBeGreaterThan(0);
  },
);
