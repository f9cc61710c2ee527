import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "../support/services/eventually";
import { askChat, GatewayProcesses, makeKey } from "../support/services/gateway-processes";
import { MeteredProvider } from "../support/services/metered-provider";
import type { ServiceProcess } from "../support/services/service-process";

/** Two real gateway processes, one Postgres: limits count over both. */
let processes: GatewayProcesses;
let provider: MeteredProvider;
let gateways: ServiceProcess[] = [];

beforeAll(async () => {
  provider = await MeteredProvider.start();
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
  await processes.useDatabase("limits");
  gateways = await Promise.all([processes.startGateway(), processes.startGateway()]);
}, 60_000);
afterAll(() => Promise.all([processes?.stop(), provider?.stop()]));

async function makeLimitedKey(limits: object): Promise<string> {
  const key = await makeKey(gateways[0] as ServiceProcess, limits);
  await wait(300); // the other gateway hears of it
  return key;
}

async function ask(index: number, key: string, maxTokens = 10): Promise<Response> {
  const response = await askChat(gateways[index % 2] as ServiceProcess, key, { max_tokens: maxTokens });
  await response.clone().text();
  return response;
}

test("rpm_limit: 200 requests at once over two gateways, 37 are let through", async () => {
  const key = await makeLimitedKey({ rpm_limit: 37 });
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

test("tpm_limit: 40 requests at once over two gateways, no more is let through than the limit and one answer", async () => {
  const key = await makeLimitedKey({ tpm_limit: 10_000 });
  provider.delayMs = 1000;
  const before = provider.billedTokens;
  const responses = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index, key, 10_000)));
  provider.delayMs = 20;
  expect(provider.billedTokens - before).toBeLessThanOrEqual(20_000);
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  for (const { status, headers } of responses)
    if (status !== 200) expect([status, headers.get("rate_limit_type")]).toEqual([429, "tokens"]);
});

test("tpm_limit: one request after the other is admitted while there is room, however long its answer may be", async () => {
  const key = await makeLimitedKey({ tpm_limit: 10_000 });
  provider.share = () => 500 / 32_000;
  const statuses: number[] = [];
  // Each of them really has some 900, the working rules included.
  for (let index = 0; index < 10; index += 1) statuses.push((await ask(0, key, 32_000)).status);
  provider.share = () => 1;
  expect(statuses).toEqual(statuses.map(() => 200));
});

test("max_parallel_requests: never more at the provider than allowed, whichever gateway they come by", async () => {
  const key = await makeLimitedKey({ max_parallel_requests: 3 });
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
