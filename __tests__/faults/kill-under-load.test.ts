import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "../support/services/eventually";
import { askChat, GatewayProcesses, isReady, makeKey } from "../support/services/gateway-processes";
import { MeteredProvider } from "../support/services/metered-provider";
import { Random } from "../support/services/random";
import type { ServiceProcess } from "../support/services/service-process";

/**
 * A gateway under full load is killed, or its Postgres crashes, at a random moment: whatever a client has read to its
 * end has exactly one audit row, and nothing was spent that no row tells of. `KILL_ROUNDS` makes it longer.
 */
const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 3);
const CALLERS = 64;

let processes: GatewayProcesses;
let provider: MeteredProvider;

beforeAll(async () => {
  provider = await MeteredProvider.start();
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
  await processes.useDatabase("kills");
}, 60_000);
afterEach(() => processes.stopGateways());
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

const makePayingKey = (gateway: ServiceProcess, round: number) =>
  makeKey(gateway, { key_alias: `kill-${round}`, max_budget: 1000 });

/** Asks without a pause until it is told to end. @returns ids of the answers that it has read to their end */
async function caller(gateway: ServiceProcess, key: string, isStream: boolean, isOver: () => boolean) {
  const answered: string[] = [];
  while (!isOver()) {
    try {
      const response = await askChat(gateway, key, { stream: isStream });
      const text = await response.text();
      const isWhole = isStream ? text.trimEnd().endsWith("data: [DONE]") : text.endsWith("}");
      if (response.status === 200 && isWhole) answered.push(response.headers.get("x-request-id") ?? "");
      else if (response.status === 503) await wait(50);
    } catch {
      // The connection broke: the answer was not read to its end.
      await wait(20);
    }
  }
  return answered;
}

async function expectBooks(answered: readonly string[], billedNano: number, mayBeLost: boolean) {
  const ids = answered.map((id) => `'${id}'`).join(",");
  const [row] = await processes.query<Record<string, string>>(
    `SELECT (SELECT count(*) FROM audit_log WHERE request_id IN (${ids}) AND status = 200) AS found,
            (SELECT count(*) - count(DISTINCT request_id) FROM audit_log) AS repeated,
            (SELECT coalesce(sum(cost_nano_usd), 0) FROM audit_log) AS audited,
            (SELECT coalesce(sum(cost_nano_usd), 0) FROM audit_log WHERE error_type = 'gateway_lost') AS lost,
            (SELECT coalesce(sum(spent_nano_usd), 0) FROM budgets WHERE account LIKE 'key:%')
          + (SELECT coalesce(sum(spent_nano_usd), 0) FROM budget_leases WHERE account LIKE 'key:%') AS spent`,
  );
  const books = Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]));
  expect(books).toMatchObject({ found: new Set(answered).size, repeated: 0, spent: books["audited"] });
  // Nothing that was billed is missing; a request that died with its gateway counts as reserved, which is never less.
  expect(books["audited"]).toBeGreaterThanOrEqual(billedNano);
  expect((books["audited"] ?? 0) - billedNano).toBeLessThanOrEqual(mayBeLost ? (books["lost"] ?? 0) : 0);
}

test(
  `a gateway is killed under full load, ${ROUNDS} times: no answer without its row, none twice`,
  async () => {
    const random = new Random(1);
    const answered: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const victim = await processes.startGateway();
      const key = await makePayingKey(victim, round);
      let isOver = false;
      const callers = Array.from({ length: CALLERS }, (_, index) =>
        caller(victim, key, index % 2 === 0, () => isOver),
      );
      // A busy machine takes its time to get going.
      const requests = provider.requests;
      await eventually(() => provider.requests > requests + 3 * CALLERS, 30_000);
      await wait(random.int(0, 700));
      victim.child.kill("SIGKILL");
      isOver = true;
      answered.push(...(await Promise.all(callers)).flat());
    }
    expect(answered.length).toBeGreaterThan(ROUNDS * CALLERS);
    // The next gateway charges what the dead ones had reserved.
    await processes.startGateway();
    await eventually(async () => {
      const [row] = await processes.query<{ owners: string }>("SELECT count(*) AS owners FROM ledger_owners");
      return Number(row?.owners) <= 1;
    }, 15_000);
    await expectBooks(answered, provider.billedNano, true);
  },
  60_000 + ROUNDS * 10_000,
);

test(
  "Postgres crashes under full load and comes back: no answer without its row, none twice",
  async () => {
    const [row] = await processes.query<{ audited: string; lost: string }>(
      `SELECT coalesce(sum(cost_nano_usd), 0) AS audited FROM audit_log`,
    );
    const before = Number(row?.audited);
    const billedBefore = provider.billedNano;
    const running = await processes.startGateway();
    const key = await makePayingKey(running, -1);
    let isOver = false;
    const callers = Array.from({ length: CALLERS }, (_, index) =>
      caller(running, key, index % 2 === 0, () => isOver),
    );
    for (let crash = 0; crash < Math.max(1, Math.floor(ROUNDS / 3)); crash += 1) {
      await wait(500);
      await processes.postgres.pause("immediate");
      await wait(300);
      await processes.postgres.resume();
      await eventually(() => isReady(running), 20_000);
    }
    await wait(500);
    isOver = true;
    const answered = (await Promise.all(callers)).flat();
    expect(answered.length).toBeGreaterThan(CALLERS);
    running.child.kill("SIGTERM");
    await running.exited();
    await expectBooks(answered, before + provider.billedNano - billedBefore, false);
  },
  60_000 + ROUNDS * 10_000,
);
