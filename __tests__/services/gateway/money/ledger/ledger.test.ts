import { randomUUID } from "node:crypto";
import type { AppliedBudget } from "../../../../../services/gateway/money/ledger/lease-epoch";
import { Ledger, Reservation } from "../../../../../services/gateway/money/ledger/ledger";
import { auditRow } from "../../../../support/services/audit-row";
import { eventually } from "../../../../support/services/eventually";
import { MemoryAuditLog } from "../../../../support/stores/audit-log";
import { MemoryBudgetStore } from "../../../../support/stores/budget-store";

const logger = { warn: () => {}, info: () => {} };
const budget = (account: string, limitNano: number): AppliedBudget => ({
  account,
  period: "all",
  limitNano,
  since: null,
});
const bounds = (full: number, ample = full, least = ample) => ({
  fullNano: full,
  preferredNano: ample,
  leastNano: least,
});

function open(clock = { now: () => Date.now() }) {
  const store: MemoryBudgetStore = new MemoryBudgetStore((row) => void audit.add(row), clock);
  const audit = new MemoryAuditLog({ budgets: store });
  return { store, audit, ledger: new Ledger({ store, logger }) };
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

test("what a quiet gateway holds comes back as soon as another one has no room without it", async () => {
  const one = open();
  const other = new Ledger({ store: one.store, logger, recallMs: 60_000 });
  const key = budget("key:1", 1000);
  await (await begin(one, await reserved(one.ledger.reserve([key], bounds(1000)))))(1);
  expect(one.store.leasedNano(key)).toBe(999);
  await expect(reserved(other.reserve([key], bounds(900)))).resolves.toMatchObject({ amountNano: 900 });
});

test("what a gateway has not used for a minute comes back without a question", async () => {
  const opened = open();
  const { ledger, store } = opened;
  const key = budget("key:1", 1000);
  await (await begin(opened, await reserved(ledger.reserve([key], bounds(400)))))(1);
  for (let beat = 0; beat < 60; beat += 1) await ledger.beat();
  expect(store.leasedNano(key)).toBe(399);
  expect(ledger.leases).toBe(1);
  for (let beat = 0; beat < 30; beat += 1) await ledger.beat();
  await eventually(() => store.leasedNano(key) === 0);
  expect(ledger.leases).toBe(0);
});

test("a key that cost more than was reserved works again when its spend is set back", async () => {
  const opened = open();
  const { ledger, store } = opened;
  const key = budget("key:1", 1000);
  await (await begin(opened, await reserved(ledger.reserve([key], bounds(400)))))(1300);
  await expect(ledger.reserve([key], bounds(400))).resolves.toMatchObject({ reason: "spent" });
  expect(store.leasedNano(key)).toBe(0);
  await ledger.setSpent(key, 0);
  await ledger.beat();
  await expect(reserved(ledger.reserve([key], bounds(1000)))).resolves.toMatchObject({ amountNano: 1000 });
});

test("spend that is set back is seen within two signs of life, also while a request runs", async () => {
  const opened = open();
  const { ledger } = opened;
  const key = budget("key:1", 1000);
  await begin(opened, await reserved(ledger.reserve([key], bounds(200))));
  await (await begin(opened, await reserved(ledger.reserve([key], bounds(800)))))(800);
  await expect(ledger.reserve([key], bounds(400))).resolves.toMatchObject({ reason: "spent" });
  await ledger.setSpent(key, 0);
  await ledger.beat();
  await ledger.beat();
  await expect(reserved(ledger.reserve([key], bounds(400)))).resolves.toMatchObject({ amountNano: 400 });
});

test("a request that cost more than was reserved leaves the others of its gateway what they reserved, and no more", async () => {
  const opened = open();
  const { ledger, store } = opened;
  const key = budget("key:1", 10_000);
  const other = await begin(opened, await reserved(ledger.reserve([key], bounds(300))));
  await (await begin(opened, await reserved(ledger.reserve([key], bounds(9000)))))(9600);
  await eventually(() => store.leasedNano(key) === 300);
  const elsewhere = new Ledger({ store, logger });
  await expect(elsewhere.reserve([key], bounds(101))).resolves.toMatchObject({ reason: "reserved" });
  await expect(reserved(elsewhere.reserve([key], bounds(100)))).resolves.toMatchObject({ amountNano: 100 });
  await other(300);
  await expect(ledger.spentNano(key)).resolves.toBe(9900);
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

test("a request that finds its gateway given up for dead asks again as a new one", async () => {
  let now = 0;
  const opened = open({ now: () => now });
  const { ledger, store } = opened;
  const key = budget("key:1", 1000);
  await (await begin(opened, await reserved(ledger.reserve([key], bounds(300)))))(300);
  now = 10_000;
  await store.recover();
  await expect(reserved(ledger.reserve([key], bounds(700)))).resolves.toMatchObject({ amountNano: 700 });
});

test("nobody is called dead while signs of life are slow to arrive, the own ones included", async () => {
  const { store } = open();
  const ledger = new Ledger({ store, logger, ttlMs: 1000 });
  const recover = jest.spyOn(store, "recover");
  let now = 0;
  const clocks = [jest.spyOn(Date, "now"), jest.spyOn(performance, "now")];
  for (const clock of clocks) clock.mockImplementation(() => now);
  let delayMs = 0;
  jest.spyOn(store, "heartbeat").mockImplementation((owners) => {
    now += delayMs;
    return Promise.resolve(owners);
  });
  const beat = async (afterMs: number, slowByMs: number) => {
    now += afterMs;
    delayMs = slowByMs;
    recover.mockClear();
    await ledger.beat();
    return recover.mock.calls.length;
  };
  expect([await beat(0, 1), await beat(1000, 1)]).toEqual([0, 1]);
  expect([await beat(750, 600), await beat(750, 1), await beat(750, 1)]).toEqual([0, 0, 1]);
  for (const clock of clocks) clock.mockRestore();
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

describe("what is said of leases that are gone", () => {
  function openWithLog(ttlMs = 3000) {
    const lines: string[] = [];
    const log = (fields: unknown, message?: string) => void lines.push(message ?? String(fields));
    const opened = open();
    const ledger = new Ledger({ store: opened.store, logger: { warn: log, info: log } as never, ttlMs });
    return { ...opened, ledger, lines };
  }
  const lease = ({ ledger }: Opened) => reserved(ledger.reserve([budget("key:1", 1000)], bounds(1)));

  test("nothing, when it is this gateway that ended its owner, although it has not heard that it did", async () => {
    const { lines, ...opened } = openWithLog();
    const { store, ledger } = opened;
    const reservation = await lease(opened);
    // So that the owner is left, as after a question whose answer was lost.
    jest.spyOn(store, "acquire").mockRejectedValueOnce(new Error("lost"));
    await ledger.reserve([budget("key:2", 1000)], bounds(1)).catch(() => {});
    reservation.settle(0);
    const retire = store.retire.bind(store);
    jest.spyOn(store, "retire").mockImplementationOnce(async (owner) => {
      await retire(owner);
      throw new Error("the answer is lost");
    });
    await ledger.beat();
    await ledger.beat();
    expect(lines.filter((line) => line.startsWith("leases lost"))).toEqual([]);
  });

  test("nothing, while the owner is being made; and its leases are not given up", async () => {
    const { lines, ...opened } = openWithLog();
    const { store, ledger } = opened;
    const register = store.register.bind(store);
    let make = () => {};
    jest
      .spyOn(store, "register")
      .mockImplementation((...owner) => new Promise((resolve) => (make = () => resolve(register(...owner)))));
    const reserving = lease(opened);
    await ledger.beat();
    make();
    const { owner } = await reserving;
    await ledger.beat();
    expect((await lease(opened)).owner).toBe(owner);
    expect(lines).toEqual([]);
  });

  test.each([
    [60_000, "missing from the database"],
    [-1, "another gateway considered this one dead"],
  ])("once, and why: heartbeats good for %d ms", async (ttlMs, why) => {
    const { lines, ...opened } = openWithLog(ttlMs);
    const { store, ledger } = opened;
    const { owner } = await lease(opened);
    await store.retire(owner);
    await ledger.beat();
    await ledger.beat();
    const lost = lines.filter((line) => line.startsWith("leases lost"));
    expect(lost).toEqual([expect.stringContaining(why)]);
  });

  test("an outage is two lines, not one for each heartbeat", async () => {
    const { lines, ...opened } = openWithLog(0);
    const { store, ledger } = opened;
    await lease(opened);
    const heartbeat = jest.spyOn(store, "heartbeat").mockRejectedValue(new Error("away"));
    for (let count = 0; count < 5; count += 1) await ledger.beat();
    heartbeat.mockRestore();
    for (let count = 0; count < 3; count += 1) await ledger.beat();
    expect(lines.filter((line) => line.startsWith("heartbeat"))).toEqual([
      "heartbeat failed, retrying",
      "heartbeat recovered",
    ]);
  });
});
