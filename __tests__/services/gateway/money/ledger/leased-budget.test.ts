import {
  type LeaseAsk,
  LeasedBudget,
  type NoRoom,
} from "../../../../../services/gateway/money/ledger/leased-budget";
import type { Lease } from "../../../../../services/gateway/store/budget-store";
import { StoreUnavailableError } from "../../../../../services/gateway/store/key-store";

const ID = { account: "key:k", period: "all" };
const bounds = (fullNano: number, leastNano = fullNano) => ({ fullNano, preferredNano: fullNano, leastNano });

/** A budget, the rest of which is in a store that gives what is left of it. */
function open(limitNano: number, others = { leased: 0 }) {
  const asks: LeaseAsk[] = [];
  const back: number[] = [];
  const state = { leased: 0, spent: 0, recalls: 0, isAway: false };
  const acquire = async (ask: LeaseAsk): Promise<Lease> => {
    asks.push(ask);
    if (state.isAway) throw new StoreUnavailableError("away");
    const left = limitNano - state.spent - state.leased - others.leased;
    const granted = Math.min(Math.max(ask.fullNano, ask.wantNano), left);
    const given = granted >= ask.leastNano ? Math.max(0, granted) : 0;
    state.leased += given;
    return {
      grantedNano: given,
      spentNano: state.spent,
      leasedNano: state.leased + others.leased,
      othersNano: others.leased,
    };
  };
  const budget = new LeasedBudget(ID, limitNano, {
    acquire,
    giveBack: (_budget, amountNano) => {
      state.leased -= amountNano;
      back.push(amountNano);
    },
    recall: () => {
      state.recalls += 1;
    },
    recallMs: 30,
  });
  return { budget, asks, back, state };
}

const refused = (reason: NoRoom["reason"], spentNano = 0): NoRoom => ({ reason, spentNano });

test("after the first reservation those of the same size ask nobody, until what was leased in advance is used", async () => {
  const { budget, asks } = open(1000);
  const reserved = [];
  for (let count = 0; count < 4; count += 1) reserved.push(await budget.reserve(bounds(100)));
  expect(reserved).toEqual([100, 100, 100, 100]);
  expect(asks).toMatchObject([{ fullNano: 100, wantNano: 400 }]);
  await budget.reserve(bounds(100));
  expect(asks).toHaveLength(2);
});

test("requests that come while the store is asked share the next question, in their order", async () => {
  const { budget, asks } = open(1000);
  const all = await Promise.all([100, 200, 300].map((nano) => budget.reserve(bounds(nano))));
  expect(all).toEqual([100, 200, 300]);
  expect(asks.length).toBeLessThan(3);
  expect(budget.reservedNano).toBe(600);
});

test("near its end a budget gives what is left, if that is enough for the least answer", async () => {
  const { budget, state } = open(100);
  state.spent = 40;
  await expect(budget.reserve(bounds(80, 50))).resolves.toBe(60);
  budget.settle(60, 30);
  state.leased -= 30;
  state.spent = 70;
  await expect(budget.reserve(bounds(80, 50))).resolves.toEqual(refused("spent", 70));
});

test("what is known to be spent is refused without a question, until two heartbeats passed without a reservation", async () => {
  const { budget, asks, state } = open(100);
  state.spent = 100;
  await expect(budget.reserve(bounds(10))).resolves.toEqual(refused("spent", 100));
  const before = asks.length;
  await expect(budget.reserve(bounds(10))).resolves.toEqual(refused("spent", 100));
  expect(asks).toHaveLength(before);
  state.spent = 0;
  budget.giveBackIdle();
  budget.giveBackIdle();
  await expect(budget.reserve(bounds(10))).resolves.toBe(10);
});

test("running requests hold the rest, and it is free again when they end", async () => {
  const { budget } = open(100);
  await budget.reserve(bounds(100));
  await expect(budget.reserve(bounds(100))).resolves.toEqual(refused("reserved"));
  budget.release(60);
  await expect(budget.reserve(bounds(60))).resolves.toBe(60);
});

test("what other gateways hold is called for, and taken as soon as they give it back", async () => {
  const others = { leased: 100 };
  const { budget, state } = open(100, others);
  const reserving = budget.reserve(bounds(50));
  setTimeout(() => {
    others.leased = 0;
  }, 5);
  await expect(reserving).resolves.toBe(50);
  expect(state.recalls).toBe(1);
});

test("a call that brought nothing is not repeated at once", async () => {
  const { budget, state } = open(100, { leased: 100 });
  await expect(budget.reserve(bounds(50))).resolves.toEqual(refused("reserved"));
  await expect(budget.reserve(bounds(50))).resolves.toEqual(refused("reserved"));
  expect(state.recalls).toBe(1);
});

test("once others wait, free room goes back at once, and so does what becomes free", async () => {
  const { budget, back } = open(1000);
  await budget.reserve(bounds(100));
  budget.share();
  expect(back).toEqual([300]);
  budget.release(40);
  expect(back).toEqual([300, 40]);
  budget.returned(300, false);
  budget.returned(40, true);
  expect(budget.freeNano).toBe(40);
});

test("room that is not used goes back after 80 heartbeats, and a budget without any is unused", async () => {
  const { budget, back } = open(1000);
  await budget.reserve(bounds(100));
  budget.settle(100, 10);
  for (let count = 0; count < 80; count += 1) budget.giveBackIdle();
  expect(back).toEqual([]);
  budget.giveBackIdle();
  expect(back).toEqual([390]);
  expect([budget.isHeld, budget.isUnused]).toEqual([false, false]);
  budget.returned(390, false);
  expect(budget.isUnused).toBe(true);
});

test("a cost above its reservation is taken from the store at once", async () => {
  const { budget, back } = open(100);
  await budget.reserve(bounds(100));
  budget.settle(100, 130);
  expect(back).toEqual([-30]);
});

test("when the store is away all who wait are told", async () => {
  const { budget, state } = open(100);
  state.isAway = true;
  const waiting = [budget.reserve(bounds(10)), budget.reserve(bounds(20))];
  for (const one of waiting) await expect(one).rejects.toBeInstanceOf(StoreUnavailableError);
  state.isAway = false;
  await expect(budget.reserve(bounds(10))).resolves.toBe(10);
});

test("the store never gets a number that it cannot hold, whatever is asked for", async () => {
  const { budget, asks } = open(100);
  await expect(budget.reserve(bounds(1e300))).resolves.toEqual(refused("spent"));
  expect(asks).toEqual([]);
  await expect(budget.reserve(bounds(1e300, 10))).resolves.toBe(100);
  expect(asks).toMatchObject([{ fullNano: 101, preferredNano: 101, leastNano: 10, wantNano: 100 }]);
});
