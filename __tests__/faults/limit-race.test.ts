import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { MeteredProvider } from "../support/services/metered-provider";
import { ServiceProcess } from "../support/services/service-process";

/** Two real gateway processes, one Postgres: limits count over both. */
const MASTER_KEY = "sk-master-key-of-the-race";
const MODEL = "claude-sonnet-4-5";
let postgres: EmbeddedPostgres;
let provider: MeteredProvider;
let gateways: ServiceProcess[] = [];
let directory: string;

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "limit-test-"));
  const config = path.join(directory, "config.yaml");
  fs.writeFileSync(
    config,
    `model_list: [{ model_name: ${MODEL}, litellm_params: { model: anthropic/claude-sonnet-4-5 } }]`,
  );
  [postgres, provider] = await Promise.all([EmbeddedPostgres.start(), MeteredProvider.start()]);
  const env = {
    LITELLM_MASTER_KEY: MASTER_KEY,
    DATABASE_URL: await postgres.createDatabase("limits"),
    CONFIG_FILE: config,
    ANTHROPIC_API_KEY: "credential-of-the-provider",
    ANTHROPIC_BASE_URL: provider.url,
    LOG_LEVEL: "warn",
  };
  gateways = await Promise.all([ServiceProcess.start("gateway", env), ServiceProcess.start("gateway", env)]);
  for (const { url } of gateways)
    await eventually(async () => (await fetch(`${url}/health/readiness`)).status === 200);
}, 60_000);
afterAll(async () => {
  await Promise.all([...gateways, provider, postgres].map((one) => one?.stop()));
  fs.rmSync(directory, { recursive: true, force: true });
});

async function makeKey(limits: object): Promise<string> {
  const response = await fetch(`${gateways[0]?.url}/key/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(limits),
  });
  const { key } = (await response.json()) as { key: string };
  await wait(300); // the other gateway hears of it
  return key;
}

async function ask(index: number, key: string): Promise<Response> {
  const response = await fetch(`${gateways[index % 2]?.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "x" }], max_tokens: 10 }),
  });
  await response.clone().text();
  return response;
}

test("rpm_limit: 200 requests at once over two gateways, 37 are let through", async () => {
  const key = await makeKey({ rpm_limit: 37 });
  const asked = provider.requests;
  const responses = await Promise.all(Array.from({ length: 200 }, (_, index) => ask(index, key)));
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(37);
  expect(provider.requests - asked).toBe(37);
  for (const { status, headers } of responses) {
    if (status === 200) continue;
    expect(status).toBe(429);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(50);
  }
});

test("max_parallel_requests: never more at the provider than allowed, whichever gateway they come by", async () => {
  const key = await makeKey({ max_parallel_requests: 3 });
  provider.delayMs = 300;
  provider.mostAtOnce = 0;
  const responses = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index, key)));
  expect(provider.mostAtOnce).toBeLessThanOrEqual(3);
  expect(responses.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3);
  provider.delayMs = 20;
  // All places are free again, for one gateway as well as for the other.
  for (let count = 0; count < 6; count += 1)
    await eventually(async () => (await ask(count, key)).status === 200, 4000);
});
