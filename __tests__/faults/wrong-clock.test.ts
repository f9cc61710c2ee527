import fs from "node:fs";
import path from "node:path";
import { eventually } from "../support/services/eventually";
import { askChat, GatewayProcesses, MASTER_KEY, makeKey } from "../support/services/gateway-processes";
import { MeteredProvider } from "../support/services/metered-provider";
import type { ServiceProcess } from "../support/services/service-process";
import { temporaryFolder } from "../support/temporary-folder";

/** A real gateway process whose machine has a wrong clock, or one that is moved; Postgres has the right time. */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIVE_YEARS_MS = 5 * 365 * DAY_MS;

let processes: GatewayProcesses;
let provider: MeteredProvider;
let offsetFile: string;

beforeAll(async () => {
  provider = await MeteredProvider.start();
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
  offsetFile = path.join(temporaryFolder(), "offset");
}, 60_000);
afterEach(() => processes.stopGateways());
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

const move = (ms: number) => fs.writeFileSync(offsetFile, String(ms));

function start(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  const preload = path.resolve(__dirname, "../support/faults/movable-clock.cjs");
  return processes.startGateway({
    NODE_OPTIONS: `--require ${preload}`,
    CLOCK_OFFSET_FILE: offsetFile,
    ...env,
  });
}

async function statusesOf(gateway: ServiceProcess, key: string, count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const response = await askChat(gateway, key, { max_tokens: 10 });
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  return statuses;
}

test("a clock that goes back an hour admits no request more within the minute", async () => {
  await processes.useDatabase("back");
  move(0);
  const gateway = await start();
  const key = await makeKey(gateway, { rpm_limit: 32 });
  // Several at once, so that the gateway holds counts in advance.
  const first = await Promise.all(Array.from({ length: 16 }, () => statusesOf(gateway, key, 1)));
  move(-HOUR_MS);
  await eventually(() => fs.readFileSync(offsetFile, "utf8") === String(-HOUR_MS));
  // What was held in advance must not be usable for an hour: it counts in the database for a minute only. As if that had passed, and
  // other gateways had been given everything since.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await processes.query("UPDATE rate_blocks SET expires_at_ms = 0");
  const [{ account } = { account: "" }] = await processes.query<{ account: string }>(
    "SELECT account FROM rate_accounts",
  );
  await processes.query(
    `INSERT INTO rate_blocks (account, amount, expires_at_ms)
     VALUES ('${account}', 32, extract(epoch FROM clock_timestamp()) * 1000 + 60000)`,
  );
  expect(first.flat().every((status) => status === 200)).toBe(true);
  expect(new Set(await statusesOf(gateway, key, 4))).toEqual(new Set([429]));
});

test("a gateway five years ahead drops nothing, dates rows rightly and lets keys and budgets end in their time", async () => {
  await processes.useDatabase("ahead");
  move(0);
  const before = await start();
  const key = await makeKey(before, { duration: "30d", max_budget: 1, budget_duration: "30d" });
  expect(await statusesOf(before, key, 2)).toEqual([200, 200]);
  await processes.stopGateways();
  const [kept] = await processes.query<{ n: number }>("SELECT count(*)::int AS n FROM audit_log");

  move(FIVE_YEARS_MS);
  const ahead = await start({ AUDIT_RETENTION: "90d" });
  expect(await statusesOf(ahead, key, 1)).toEqual([200]);
  const rows = await processes.query<{ age: number }>(
    "SELECT abs(extract(epoch FROM clock_timestamp() - started_at))::int AS age FROM audit_log",
  );
  expect(rows).toHaveLength((kept?.n ?? 0) + 1);
  expect(Math.max(...rows.map(({ age }) => age))).toBeLessThan(600);
  // One budget, in one period.
  await expect(processes.query("SELECT FROM budgets WHERE account LIKE 'key:%'")).resolves.toHaveLength(1);
});

test("a gateway five years behind keeps its new rows, although they look past their retention to its clock", async () => {
  await processes.useDatabase("behind");
  move(-FIVE_YEARS_MS);
  const gateway = await start({ AUDIT_RETENTION: "30d" });
  const key = await makeKey(gateway, { duration: "1h" });
  expect(await statusesOf(gateway, key, 1)).toEqual([200]);
  const info = await fetch(`${gateway.url}/key/info?key=${key}`, {
    headers: { authorization: `Bearer ${MASTER_KEY}` },
  });
  const { expires } = ((await info.json()) as { info: { expires: string } }).info;
  expect(Math.abs(Date.parse(expires) - Date.now() - HOUR_MS)).toBeLessThan(600_000);
  await processes.stopGateways();
  await start({ AUDIT_RETENTION: "30d" });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await expect(processes.query("SELECT FROM audit_log")).resolves.toHaveLength(2);
});
