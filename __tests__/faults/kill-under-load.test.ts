import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { MeteredProvider } from "../support/services/metered-provider";
import { Random } from "../support/services/random";
import { ServiceProcess } from "../support/services/service-process";
import { temporaryFolder } from "../support/temporary-folder";

/**
 * A gateway under full load is killed, or its Postgres crashes, at a random moment: whatever a client has read to its
 * end has exactly one audit row, and nothing was spent that no row tells of. `KILL_ROUNDS` makes it longer.
 */
const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 3);
const CALLERS = 64;

const MASTER_KEY = "sk-master-key-of-the-kills";
const MODEL = "claude-sonnet-4-5";
const CONFIG = `
model_list:
  - model_name: ${MODEL}
    litellm_params: { model: anthropic/claude-sonnet-4-5-20250929, api_key: os.environ/ANTHROPIC_API_KEY, api_base: "https://api.anthropic.com" }
    model_info: { input_cost_per_token: 3e-06, output_cost_per_token: 1.5e-05, max_output_tokens: 64000 }
`;

let postgres: EmbeddedPostgres;
let provider: MeteredProvider;
let env: Record<string, string>;
let gateway: ServiceProcess | undefined;

beforeAll(async () => {
  const config = path.join(temporaryFolder(), "config.yaml");
  fs.writeFileSync(config, CONFIG);
  [postgres, provider] = await Promise.all([EmbeddedPostgres.start(), MeteredProvider.start()]);
  env = {
    LITELLM_MASTER_KEY: MASTER_KEY,
    DATABASE_URL: await postgres.createDatabase("kills"),
    CONFIG_FILE: config,
    ANTHROPIC_API_KEY: "credential-of-the-provider",
    ANTHROPIC_BASE_URL: provider.url,
    LOG_LEVEL: "warn",
  };
}, 60_000);
afterEach(() => gateway?.stop());
afterAll(() => Promise.all([postgres?.stop(), provider?.stop()]));

async function start(): Promise<ServiceProcess> {
  const started = await ServiceProcess.start("gateway", env);
  gateway = started;
  await eventually(async () => (await fetch(`${started.url}/health/readiness`)).status === 200);
  return started;
}

async function makeKey({ url }: ServiceProcess, round: number): Promise<string> {
  const response = await fetch(`${url}/key/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ key_alias: `kill-${round}`, max_budget: 1000 }),
  });
  return ((await response.json()) as { key: string }).key;
}

/** Asks without a pause until it is told to end. @returns ids of the answers that it has read to their end */
async function caller({ url }: ServiceProcess, key: string, isStream: boolean, isOver: () => boolean) {
  const answered: string[] = [];
  while (!isOver()) {
    try {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({
          model: MODEL,
          messages: [{ role: "user", content: "kill" }],
          max_tokens: 100,
          stream: isStream,
        }),
      });
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
  const [row] = await postgres.query<Record<string, string>>(
    `SELECT (SELECT count(*) FROM audit_log WHERE request_id IN (${ids}) AND status = 200) AS found,
            (SELECT count(*) - count(DISTINCT request_id) FROM audit_log) AS repeated,
            (SELECT coalesce(sum(cost_nano_usd), 0) FROM audit_log) AS audited,
            (SELECT coalesce(sum(cost_nano_usd), 0) FROM audit_log WHERE error_type = 'gateway_lost') AS lost,
            (SELECT coalesce(sum(spent_nano_usd), 0) FROM budgets WHERE account LIKE 'key:%')
          + (SELECT coalesce(sum(spent_nano_usd), 0) FROM budget_leases WHERE account LIKE 'key:%') AS spent`,
    "kills",
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
      const victim = await start();
      const key = await makeKey(victim, round);
      let isOver = false;
      const callers = Array.from({ length: CALLERS }, (_, index) =>
        caller(victim, key, index % 2 === 0, () => isOver),
      );
      await wait(300 + random.int(0, 700));
      victim.child.kill("SIGKILL");
      isOver = true;
      answered.push(...(await Promise.all(callers)).flat());
    }
    expect(answered.length).toBeGreaterThan(ROUNDS * CALLERS);
    // The next gateway charges what the dead ones had reserved.
    await start();
    await eventually(async () => {
      const [row] = await postgres.query<{ owners: string }>(
        "SELECT count(*) AS owners FROM ledger_owners",
        "kills",
      );
      return Number(row?.owners) <= 1;
    }, 15_000);
    await expectBooks(answered, provider.billedNano, true);
  },
  60_000 + ROUNDS * 10_000,
);

test(
  "Postgres crashes under full load and comes back: no answer without its row, none twice",
  async () => {
    const [row] = await postgres.query<{ audited: string; lost: string }>(
      `SELECT coalesce(sum(cost_nano_usd), 0) AS audited FROM audit_log`,
      "kills",
    );
    const before = Number(row?.audited);
    const billedBefore = provider.billedNano;
    const running = await start();
    const key = await makeKey(running, -1);
    let isOver = false;
    const callers = Array.from({ length: CALLERS }, (_, index) =>
      caller(running, key, index % 2 === 0, () => isOver),
    );
    for (let crash = 0; crash < Math.max(1, Math.floor(ROUNDS / 3)); crash += 1) {
      await wait(500);
      await postgres.pause("immediate");
      await wait(300);
      await postgres.resume();
      await eventually(async () => (await fetch(`${running.url}/health/readiness`)).status === 200, 20_000);
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
