import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "../support/services/eventually";
import { askChat, GatewayProcesses, makeKey } from "../support/services/gateway-processes";
import { MeteredProvider } from "../support/services/metered-provider";
import { Random } from "../support/services/random";
import { RECALL_LEASES } from "../support/services/recall-leases";
import type { ServiceProcess } from "../support/services/service-process";

/**
 * Many requests at once on one key, against one or several gateway processes, some of them killed. The provider's own
 * bill is the judge. `RACE_ROUNDS` and `RACE_REQUESTS` make it longer; see docs/operations.md.
 */
const ROUNDS = Number(process.env["RACE_ROUNDS"] ?? 1);
const REQUESTS = Number(process.env["RACE_REQUESTS"] ?? 200);
const MAX_PROCESSES = Number(process.env["RACE_PROCESSES"] ?? 2);

const NANO_PER_USD = 1e9;

let processes: GatewayProcesses;
let provider: MeteredProvider;
let gateways: ServiceProcess[] = [];
let round = 0;

beforeAll(async () => {
  provider = await MeteredProvider.start();
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
}, 60_000);
afterEach(() => processes.stopGateways());
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

async function startGateways(count: number, database: string): Promise<void> {
  await processes.useDatabase(database);
  gateways = await Promise.all(Array.from({ length: count }, () => processes.startGateway()));
}

async function makeKeyWithBudget(maxBudget: number): Promise<string> {
  // Without rules before its prompt: what a request can cost at most is to be small beside the budget.
  const metadata = { enforcement_level: "unrestricted" };
  const key = await makeKey(gateways[0] as ServiceProcess, { max_budget: maxBudget, metadata });
  await wait(300); // the other gateways hear of it
  return key;
}

/** Asks until the budget is spent, waiting as it is told; leaves when its gateway dies. @returns the statuses */
async function caller(gateway: ServiceProcess, key: string, random: Random): Promise<number[]> {
  const statuses: number[] = [];
  for (;;) {
    try {
      const response = await askChat(gateway, key, { stream: random.next() < 0.5 });
      await response.text();
      statuses.push(response.status);
      if (response.status === 402) return statuses;
      if (response.status === 429 || response.status === 503)
        await wait(Number(response.headers.get("retry-after")) * 1000);
      else if (response.status !== 200) return statuses;
    } catch {
      return statuses;
    }
  }
}

async function books() {
  await processes.query(RECALL_LEASES);
  const [row] = await processes.query<Record<string, string>>(
    `WITH lease AS (
       SELECT coalesce(sum(spent_nano_usd), 0) AS spent, coalesce(sum(amount_nano_usd), 0) AS amount FROM budget_leases
     )
     SELECT (SELECT coalesce(sum(b.spent_nano_usd), 0) FROM budgets b) + lease.spent AS spent,
            (SELECT coalesce(sum(b.leased_nano_usd), 0) FROM budgets b) - lease.spent AS leased,
            lease.amount - lease.spent AS leases,
            (SELECT count(*) FROM intent_batches) AS intents,
            (SELECT count(*) FROM ledger_owners) AS owners,
            (SELECT coalesce(sum(cost_nano_usd), 0) FROM audit_log) AS audited,
            (SELECT coalesce(sum(cost_nano_usd), 0) FROM audit_log WHERE error_type = 'gateway_lost') AS lost
       FROM lease`,
  );
  return Object.fromEntries(
    Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]),
  ) as Record<"spent" | "leased" | "leases" | "intents" | "owners" | "audited" | "lost", number>;
}

const CASES = [1, 2, 4]
  .filter((count) => count <= MAX_PROCESSES)
  .flatMap((count) =>
    count === 1
      ? [{ count, kill: false }]
      : [
          { count, kill: false },
          { count, kill: true },
        ],
  )
  .flatMap((one) => Array.from({ length: ROUNDS }, (_, index) => ({ ...one, seed: index + 1 })));

test.each(CASES)(
  "$count gateways, one killed: $kill, round $seed",
  async ({ count, kill, seed }) => {
    round += 1;
    const random = new Random(seed);
    provider.billedNano = 0;
    provider.share = () => random.next();
    await startGateways(count, `race_${round}`);
    // Room for about half of the first wave at its upper bound, and for several waves at its real cost.
    const budget = 0.001 * REQUESTS;
    const key = await makeKeyWithBudget(budget);
    const victim = kill ? gateways.at(-1) : undefined;
    const callers = Array.from({ length: REQUESTS }, (_, index) =>
      caller(gateways[index % count] as ServiceProcess, key, random),
    );
    if (victim !== undefined) {
      await eventually(() => provider.billedNano > 0.3 * budget * NANO_PER_USD);
      victim.child.kill("SIGKILL");
    }
    const statuses = (await Promise.all(callers)).flat();
    expect(new Set(statuses)).toEqual(new Set(statuses.includes(429) ? [200, 402, 429] : [200, 402]));
    if (victim !== undefined) {
      // What the dead one held comes back within its time, and is used up by those who come then.
      await eventually(async () => (await books()).leases === 0 || (await books()).intents === 0);
      await Promise.all(Array.from({ length: 20 }, () => caller(gateways[0] as ServiceProcess, key, random)));
    }

    const end = await eventually(async () => {
      const now = await books();
      return now.leased === 0 && now.intents === 0 ? now : undefined;
    }, 6000);
    const limit = budget * NANO_PER_USD;
    expect(end?.leases).toBe(0);
    expect(end?.audited).toBe(end?.spent);
    expect(end?.spent).toBeLessThanOrEqual(limit);
    expect(provider.billedNano).toBeLessThanOrEqual(limit);
    expect(end?.spent).toBeGreaterThanOrEqual(0.98 * limit);
    // Only a request that died with its gateway may count for more than was billed.
    if (victim === undefined) expect(end?.spent).toBe(provider.billedNano);
    else {
      expect(end?.spent).toBeGreaterThanOrEqual(provider.billedNano);
      expect((end?.spent ?? 0) - provider.billedNano).toBeLessThanOrEqual(end?.lost ?? 0);
    }
  },
  60_000,
);

test("Postgres crashes under load and comes back: every answer is charged once, nothing stays reserved", async () => {
  const random = new Random(7);
  provider.billedNano = 0;
  provider.share = () => random.next();
  await startGateways(Math.min(2, MAX_PROCESSES), "race_outage");
  const budget = 0.2;
  const key = await makeKeyWithBudget(budget);
  const callers = Array.from({ length: 100 }, (_, index) =>
    caller(gateways[index % gateways.length] as ServiceProcess, key, random),
  );
  await eventually(() => provider.billedNano > 0.2 * budget * NANO_PER_USD);
  await processes.postgres.pause("immediate");
  await wait(500);
  await processes.postgres.resume();
  const statuses = (await Promise.all(callers)).flat();
  expect(statuses).toContain(402);
  const end = await eventually(async () => {
    const now = await books();
    return now.leased === 0 && now.intents === 0 ? now : undefined;
  }, 15_000);
  expect(end?.leases).toBe(0);
  expect(end?.audited).toBe(end?.spent);
  expect(end?.lost).toBe(0);
  expect(end?.spent).toBe(provider.billedNano);
  expect(end?.spent).toBeLessThanOrEqual(budget * NANO_PER_USD);
  expect(end?.spent).toBeGreaterThanOrEqual(0.98 * budget * NANO_PER_USD);
}, 60_000);

test("a gateway that is told to stop gives everything back at once", async () => {
  provider.billedNano = 0;
  await startGateways(1, "race_stop");
  const [gateway] = gateways;
  if (gateway === undefined) throw new Error("no gateway");
  const key = await makeKeyWithBudget(1);
  await Promise.all(
    Array.from({ length: 20 }, async () => (await askChat(gateway, key, { stream: true })).text()),
  );
  gateway.child.kill("SIGTERM");
  await expect(gateway.exited()).resolves.toBe(0);
  await expect(books()).resolves.toMatchObject({
    spent: provider.billedNano,
    audited: provider.billedNano,
    leased: 0,
    leases: 0,
    intents: 0,
    owners: 0,
  });
}, 30_000);
