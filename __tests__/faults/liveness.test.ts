import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "../support/services/eventually";
import { askChat, GatewayProcesses, makeKey } from "../support/services/gateway-processes";
import { MeteredProvider } from "../support/services/metered-provider";
import type { ServiceProcess } from "../support/services/service-process";
import { temporaryFolder } from "../support/temporary-folder";

/**
 * One of two gateways stops for longer than a sign of life is good for, with requests running, and goes on: nobody is charged more
 * than was used, and the budget is what its rows and the provider's bill say.
 */
const STAND_STILL = path.resolve(__dirname, "../support/services/stand-still.cjs");
/** A sign of life is good for 3 s, and the first second of silence may pass before the pause. */
const PAUSE_MS = 9000;
const REQUESTS = 4;

let processes: GatewayProcesses;
let provider: MeteredProvider;
let count = 0;

beforeAll(async () => {
  provider = await MeteredProvider.start();
  provider.share = () => 0.1;
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
}, 60_000);
beforeEach(async () => {
  count += 1;
  provider.billedNano = 0;
  provider.requests = 0;
  await processes.useDatabase(`liveness_${count}`);
});
afterEach(() => processes.stopGateways());
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

interface Books {
  readonly lost: number;
  readonly wereLost: number;
  readonly audited: number;
  readonly spent: number;
  readonly intents: number;
}

async function books(): Promise<Books> {
  const [found] = await processes.query<Books>(
    `SELECT (SELECT count(*)::int FROM audit_log WHERE error_type = 'gateway_lost') AS lost,
            (SELECT count(*)::int FROM audit_log WHERE lost_at IS NOT NULL) AS "wereLost",
            (SELECT coalesce(sum(cost_nano_usd), 0)::float8 FROM audit_log) AS audited,
            (SELECT count(*)::int FROM intent_batches) AS intents,
            ((SELECT coalesce(sum(spent_nano_usd), 0) FROM budgets WHERE account LIKE 'key:%')
           + (SELECT coalesce(sum(spent_nano_usd), 0) FROM budget_leases WHERE account LIKE 'key:%'))::float8 AS spent`,
  );
  return found as Books;
}

/** Requests that run while their gateway stops. @returns statuses of their answers */
async function startRequests(gateway: ServiceProcess, key: string) {
  provider.delayMs = 2000;
  const answers = Array.from({ length: REQUESTS }, (_, index) =>
    askChat(gateway, key, { stream: index % 2 === 0, max_tokens: 4000 }).then(async (response) => {
      await response.text();
      return response.status;
    }),
  );
  await eventually(() => provider.requests === REQUESTS, 20_000);
  return Promise.all(answers);
}

/** What is true once all rows are written. */
async function expectExactBooks() {
  const found = await eventually(async () => {
    const now = await books();
    return now.lost === 0 && now.intents === 0 ? now : undefined;
  }, 20_000);
  expect(found).toMatchObject({ spent: provider.billedNano, audited: provider.billedNano });
  expect(provider.billedNano).toBeGreaterThan(0);
  return found;
}

const startTwo = async (env: Readonly<Record<string, string>> = {}) => {
  const gateways = [await processes.startGateway(env), await processes.startGateway()] as const;
  const key = await makeKey(gateways[0], { max_budget: 1000 });
  // Signs of life have gone through without a gap for as long as one is good for: from now on the other one calls others dead.
  await wait(4500);
  return { gateways, key };
};

test.each([
  ["without a journal", () => ({})],
  ["with a journal", () => ({ JOURNAL_DIRECTORY: path.join(temporaryFolder(), "journal") })],
])(
  "a process that is paused, %s, is given up for dead, and charged what it used when it goes on",
  async (_name, env) => {
    const { gateways, key } = await startTwo(env());
    const [paused] = gateways;
    const answers = startRequests(paused, key);
    await eventually(() => provider.requests === REQUESTS, 20_000);
    paused.child.kill("SIGSTOP");
    await eventually(async () => (await books()).lost === REQUESTS, 20_000);
    // All are charged what was reserved, which is more than they cost.
    const meanwhile = await books();
    expect(meanwhile.spent).toBeGreaterThan(2 * provider.billedNano);
    expect(meanwhile.audited).toBe(meanwhile.spent);
    paused.child.kill("SIGCONT");
    await answers;
    expect(await expectExactBooks()).toMatchObject({ wereLost: REQUESTS });
    // The gateway is of use again.
    provider.delayMs = 20;
    const next = await eventually(async () => {
      const response = await askChat(paused, key);
      await response.text();
      return response.status === 200;
    }, 20_000);
    expect(next).toBe(true);
    await expectExactBooks();
  },
  120_000,
);

test("a process whose main thread stands still is not given up for dead, and nobody is charged for its pause", async () => {
  const { gateways, key } = await startTwo({
    NODE_OPTIONS: `--require ${STAND_STILL}`,
    STAND_STILL_MS: String(PAUSE_MS),
  });
  const [stalled] = gateways;
  // So that it is known as an owner to its thread before it stands still.
  await (await askChat(stalled, key)).text();
  await wait(1500);
  provider.requests = 0;
  const answers = startRequests(stalled, key);
  await eventually(() => provider.requests === REQUESTS, 20_000);
  stalled.child.kill("SIGUSR2");
  const end = Date.now() + PAUSE_MS - 500;
  while (Date.now() < end) {
    expect(await books()).toMatchObject({ wereLost: 0 });
    await wait(500);
  }
  expect(await answers).toEqual(Array.from({ length: REQUESTS }, () => 200));
  expect(await expectExactBooks()).toMatchObject({ wereLost: 0 });
}, 120_000);
