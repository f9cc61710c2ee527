import { setTimeout as wait } from "node:timers/promises";
import { DENSE_BODIES } from "../support/services/dense-bodies";
import { eventually } from "../support/services/eventually";
import { askChat, GatewayProcesses, MODEL, makeKey } from "../support/services/gateway-processes";
import { MeteredProvider } from "../support/services/metered-provider";
import type { ServiceProcess } from "../support/services/service-process";

/**
 * Bodies of as many values as are read, ten at once, to a gateway with the heap of a container of 1 GiB: it stays alive, others are
 * served meanwhile, and nothing is held afterwards.
 */
const AT_ONCE = 10;
/** What Node takes in a container of 1 GiB, in MiB. */
const HEAP_MB = 512;
/** All that one request may have. */
const MOST = 149_000;
const PATHS = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
};

let processes: GatewayProcesses;
let provider: MeteredProvider;
let gateway: ServiceProcess;
let attacker: string;
let bystander: string;

beforeAll(async () => {
  provider = await MeteredProvider.start();
  provider.share = () => 0.01;
  processes = await GatewayProcesses.start({ upstreamUrl: provider.url });
  await processes.useDatabase("dense");
  gateway = await processes.startGateway({ NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` });
  [attacker, bystander] = [await makeKey(gateway), await makeKey(gateway, { max_budget: 1000 })];
}, 60_000);
afterAll(async () => {
  await Promise.all([processes?.stop(), provider?.stop()]);
});

const send = async (path: string, body: string) => {
  const response = await fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${attacker}`, "content-type": "application/json" },
    body,
  });
  await response.arrayBuffer();
  return response.status;
};

async function heldBytes(): Promise<number> {
  const metrics = await (
    await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${attacker}` } })
  ).text();
  return Number(/^gateway_body_bytes_in_flight (\d+)$/m.exec(metrics)?.[1]);
}

const cases = Object.entries(DENSE_BODIES).flatMap(([api, bodies]) =>
  Object.entries(bodies).map(([shape, make]) => [api as keyof typeof PATHS, shape, make] as const),
);

test.each([
  ...cases,
  // More than is read at all.
  ["chat", "far too many values", () => `{"model":"m","x":[${"{},".repeat(4_000_000)}{}]}`],
  ["messages", "far too many fields", (n: number) => `{"model":"m",${members(n)}}`],
  ["chat", "far too many values in arguments", () => manyArguments(20, 500_000)],
] as const)(
  "ten at once to %s, %s",
  async (api, _shape, make) => {
    const body = make(MOST).replace('"model":"m"', `"model":"${MODEL}"`);
    let isOver = false;
    const attack = Promise.all(Array.from({ length: AT_ONCE }, () => send(PATHS[api], body))).finally(() => {
      isOver = true;
    });
    let served = 0;
    while (!isOver) {
      const response = await askChat(gateway, bystander);
      const text = await response.text();
      expect([response.status, response.status === 200 ? "" : text]).toEqual([200, ""]);
      served += 1;
      await wait(20);
    }
    for (const status of await attack) expect([200, 400, 413, 503, 529]).toContain(status);
    expect(served).toBeGreaterThan(0);
    expect(gateway.child.exitCode ?? gateway.child.signalCode).toBeNull();
    await eventually(async () => (await heldBytes()) === 0);
  },
  60_000,
);

test("nothing was charged but what was used", async () => {
  const found = await eventually(async () => {
    const [row] = await processes.query<Record<string, number>>(
      `SELECT (SELECT count(*)::int FROM intent_batches) AS intents,
              (SELECT count(*)::int FROM audit_log WHERE lost_at IS NOT NULL) AS "wereLost",
              (SELECT coalesce(sum(cost_nano_usd), 0)::float8 FROM audit_log) AS audited`,
    );
    return row?.["intents"] === 0 ? row : undefined;
  });
  expect(found).toMatchObject({ wereLost: 0, audited: provider.billedNano });
});

function members(count: number): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":0`).join(",");
}

function manyArguments(calls: number, values: number): string {
  const call = {
    id: "c",
    type: "function",
    function: { name: "f", arguments: `[${"{},".repeat(values)}{}]` },
  };
  const messages = [
    { role: "user", content: "hi" },
    { role: "assistant", tool_calls: Array(calls).fill(call) },
    { role: "user", content: "hi" },
  ];
  return JSON.stringify({ model: "m", messages });
}
