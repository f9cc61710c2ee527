import { LeaseEpoch } from "../../../../../services/gateway/money/ledger/lease-epoch";
import type {
  BudgetStore,
  Lease,
  LeaseAnswer,
  LeaseRequest,
  LeaseReturn,
} from "../../../../../services/gateway/store/budget-store";
import { StoreUnavailableError } from "../../../../../services/gateway/store/key-store";
import { eventually } from "../../../../support/services/eventually";

const applied = (account: string, limitNano = 1000) => ({ account, period: "all", limitNano, since: null });
const bounds = (nano: number) => ({ fullNano: nano, preferredNano: nano, leastNano: nano });
const granted = (grantedNano: number): Lease => ({
  grantedNano,
  spentNano: 0,
  leasedNano: grantedNano,
  othersNano: 0,
});

/** @param answer to each request; by default all that is wanted is given */
function open(answer: (request: LeaseRequest) => LeaseAnswer = ({ wantNano }) => granted(wantNano)) {
  const calls: string[] = [];
  const returns: LeaseReturn[][] = [];
  const kept: LeaseReturn[] = [];
  const failures: { give?: Error; ask?: Error; register?: Error } = {};
  const store = {
    register: async () => {
      calls.push("register");
      if (failures.register !== undefined) throw failures.register;
    },
    acquire: async (_owner: string, requests: readonly LeaseRequest[]) => {
      calls.push(`acquire ${requests.map(({ account }) => account).join()}`);
      if (failures.ask !== undefined) throw failures.ask;
      return requests.map(answer);
    },
    create: async ({ account }: LeaseRequest) => void calls.push(`create ${account}`),
    giveBack: async (_owner: string, given: readonly LeaseReturn[]) => {
      returns.push([...given]);
      if (failures.give !== undefined) throw failures.give;
      return given.filter(({ account }) => kept.some((one) => one.account === account));
    },
    recall: async () => {},
  } as unknown as BudgetStore;
  const epoch = new LeaseEpoch({ store, ttlMs: 1000, recallMs: 0, onAsked: () => void calls.push("timed") });
  return { epoch, calls, returns, kept, failures };
}
const acquires = (calls: readonly string[]) => calls.filter((call) => call.startsWith("acquire"));

test("the owner is registered once, and the epoch is left when it cannot be", async () => {
  const { epoch, calls } = open();
  await Promise.all([epoch.register(), epoch.register()]);
  expect([calls, epoch.isRegistered, epoch.isLeft]).toEqual([["register"], true, false]);
  expect(epoch.knownAt).toBeDefined();
  const other = open();
  other.failures.register = new StoreUnavailableError("away");
  await expect(other.epoch.register()).rejects.toThrow("away");
  expect([other.epoch.isLeft, other.epoch.isLost]).toEqual([true, false]);
});

test("budgets that are needed at once are one question, which is timed", async () => {
  const { epoch, calls } = open();
  const accounts = ["key:a", "user:b"];
  await Promise.all(accounts.map((account) => epoch.budget(applied(account)).reserve(bounds(10))));
  expect(calls).toEqual(["acquire key:a,user:b", "timed"]);
  expect([epoch.reservedNano, epoch.leases]).toEqual([20, 2]);
});

test("a budget that is not there yet is created, and asked again", async () => {
  const known = new Set<string>();
  const { epoch, calls } = open(({ account, wantNano }) => {
    if (known.has(account)) return granted(wantNano);
    known.add(account);
    return "missing";
  });
  await expect(epoch.budget(applied("key:a")).reserve(bounds(10))).resolves.toBe(10);
  expect(calls.filter((call) => call !== "timed")).toEqual([
    "acquire key:a",
    "create key:a",
    "acquire key:a",
  ]);
});

test("one that cannot be created has no room", async () => {
  const { epoch } = open(() => "missing");
  await expect(epoch.budget(applied("key:a")).reserve(bounds(10))).resolves.toMatchObject({
    reason: "reserved",
  });
  expect(epoch.isLeft).toBe(false);
});

test("a locked budget is asked again, apart from the others, and is no reason to leave", async () => {
  let locked = 2;
  const { epoch, calls } = open(({ account, wantNano }) => {
    if (account !== "key:locked" || locked === 0) return granted(wantNano);
    locked -= 1;
    return "locked";
  });
  const reserving = ["key:locked", "key:free"].map((account) =>
    epoch.budget(applied(account)).reserve(bounds(10)),
  );
  await expect(Promise.all(reserving)).resolves.toEqual([10, 10]);
  expect(acquires(calls)).toEqual([
    "acquire key:locked,key:free",
    "acquire key:locked",
    "acquire key:locked",
  ]);
  expect(epoch.isLeft).toBe(false);
});

test.each([
  ["may have been granted", new StoreUnavailableError("lost"), true],
  ["was not granted", new StoreUnavailableError("refused", { isUnchanged: true }), false],
])("when room %s, the epoch is left: %#", async (_name, failure, isLeft) => {
  const { epoch, failures } = open();
  failures.ask = failure;
  await expect(epoch.budget(applied("key:a")).reserve(bounds(10))).rejects.toBe(failure);
  expect(epoch.isLeft).toBe(isLeft);
});

test("one account's failure is told to its request alone", async () => {
  const broken = new StoreUnavailableError("a value out of range", { isUnchanged: true });
  const { epoch } = open(({ account, wantNano }) => (account === "key:odd" ? broken : granted(wantNano)));
  const [odd, even] = ["key:odd", "key:even"].map((account) =>
    epoch.budget(applied(account)).reserve(bounds(10)),
  );
  await expect(odd).rejects.toBe(broken);
  await expect(even).resolves.toBe(10);
});

test("what is given back in one turn is one statement, and what the store keeps stays leased", async () => {
  const { epoch, returns, kept } = open();
  const [a, b] = ["key:a", "key:b"].map((account) => epoch.budget(applied(account)));
  await Promise.all([a?.reserve(bounds(100)), b?.reserve(bounds(100))]);
  kept.push({ account: "key:b", period: "all", amountNano: 0 });
  a?.giveBackFree();
  b?.giveBackFree();
  await eventually(() => b?.freeNano === 300);
  expect(returns).toEqual([
    [
      { account: "key:a", period: "all", amountNano: 300 },
      { account: "key:b", period: "all", amountNano: 300 },
    ],
  ]);
  expect([a?.freeNano, epoch.isLeft]).toEqual([0, false]);
});

test("when nobody knows whether room was given back, the epoch is left", async () => {
  const { epoch, failures } = open();
  const budget = epoch.budget(applied("key:a"));
  await budget.reserve(bounds(100));
  failures.give = new StoreUnavailableError("lost");
  budget.giveBackFree();
  await eventually(() => epoch.isLeft);
  expect(epoch.isLost).toBe(false);
});

test("after a change of its limit a budget holds nothing under the old one", async () => {
  const { epoch, returns } = open();
  const old = epoch.budget(applied("key:a", 1000));
  await old.reserve(bounds(100));
  expect(epoch.budget(applied("key:a", 1000))).toBe(old);
  const changed = epoch.budget(applied("key:a", 2000));
  expect(changed).not.toBe(old);
  await eventually(() => returns.length === 1);
  expect(old.freeNano).toBe(0);
});

test("budgets without room are forgotten, others are not", async () => {
  const { epoch } = open();
  const used = epoch.budget(applied("key:used"));
  const unused = epoch.budget(applied("key:unused"));
  await used.reserve(bounds(10));
  epoch.giveBackIdle();
  expect(epoch.budget(applied("key:used"))).toBe(used);
  expect(epoch.budget(applied("key:unused"))).not.toBe(unused);
});

test("another gateway that waits gets what is free, also of a budget that is used here only later", async () => {
  const { epoch, returns } = open();
  const budget = epoch.budget(applied("key:a"));
  await budget.reserve(bounds(100));
  epoch.recall({ account: "key:a", period: "all" });
  epoch.recall({ account: "key:later", period: "all" });
  await eventually(() => returns.flat().some(({ account }) => account === "key:a"));
  const later = epoch.budget(applied("key:later"));
  await later.reserve(bounds(100));
  later.release(40);
  await eventually(() => returns.flat().some(({ account }) => account === "key:later"));
});

test("a lost epoch takes nothing more, and says so", () => {
  const { epoch } = open();
  epoch.lose();
  expect([epoch.isLeft, epoch.isLost]).toEqual([true, true]);
});
