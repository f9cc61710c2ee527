import type { Deployment } from "../../../../services/gateway/providers/deployment";
import { Secret } from "../../../../services/shared/secret";
import { callApp } from "../../../support/services/call-app";
import { eventually } from "../../../support/services/eventually";
import { FakeAnthropic, failWith } from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
  type TestGatewayProps,
} from "../../../support/services/test-gateway";

jest.mock("undici/lib/util/timers.js", () => jest.requireActual("../../../support/services/exact-timers"));

const KEY = "sk-counting-key-00000";
const RULES = "Be careful.";

let upstream: FakeAnthropic;
let gateway: TestGateway | undefined;

beforeEach(async () => {
  upstream = await FakeAnthropic.start();
  upstream.script = (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"input_tokens":1234}');
  };
});
afterEach(async () => {
  await gateway?.close();
  await upstream.stop();
});

function start(props: TestGatewayProps = {}): TestGateway {
  gateway = buildTestGateway({
    upstreamUrl: upstream.url,
    timeouts: { firstByteMs: 3000, idleMs: 1000 },
    prompts: { standard: RULES },
    ...props,
  });
  return gateway;
}

const body = (extra: object = {}) => ({
  model: MODEL,
  messages: [{ role: "user", content: "hi" }],
  ...extra,
});

const post = (
  { app }: TestGateway,
  payload: object | string,
  headers: Record<string, string> = {},
  path = "/v1/messages/count_tokens",
) => callApp(app, { method: "POST", url: path, headers: { "x-api-key": MASTER_KEY, ...headers }, payload });

const bedrock = (url = "http://127.0.0.1:9"): Deployment =>
  anthropicDeployment({
    baseUrl: url,
    upstreamModel: "anthropic.claude-sonnet-4-5-20250929-v1:0",
    access: {
      provider: "bedrock",
      region: "us-east-1",
      credentials: { apiKey: new Secret("k") },
      api: "invoke",
    },
  });

test.each(["/v1/messages/count_tokens", "/messages/count_tokens", "/v1/messages/count_tokens?beta=true"])(
  "POST %s gives what Anthropic counts, with a row that costs nothing",
  async (path) => {
    const running = start({ hasPrices: false });
    const response = await post(running, body({ max_tokens: 9, stream: true, temperature: 0 }), {}, path);
    expect([response.statusCode, response.json()]).toEqual([200, { input_tokens: 1234 }]);
    expect(response.headers["x-gateway-estimated"]).toBeUndefined();
    expect(upstream.lastRequest).toMatchObject({
      path: "/v1/messages/count_tokens",
      headers: { "x-api-key": "upstream-credential", "anthropic-version": "2023-06-01" },
    });
    // What says how to answer is not counted.
    expect(upstream.lastRequest.body).toEqual({
      model: `${MODEL}-20250929`,
      messages: [{ role: "user", content: "hi" }],
    });
    expect([...running.audit.rows.values()]).toMatchObject([
      {
        route: path.split("?")[0],
        callerKind: "master",
        modelRequested: MODEL,
        modelUsed: `${MODEL}-20250929`,
        deployment: `${MODEL}/0`,
        attempts: 1,
        status: 200,
        inputTokens: 0,
        outputTokens: 0,
        costNanoUsd: 0,
        isStream: false,
      },
    ]);
  },
);

test("counts what would be sent: the key's working rules first, the client's beta features", async () => {
  const running = start();
  await running.addKey(KEY, { metadata: { enforcement_level: "standard" } });
  const asked = body({
    system: "Be brief.",
    messages: [
      { role: "system", content: "Now." },
      { role: "user", content: "hi" },
    ],
  });
  const response = await post(running, asked, {
    "x-api-key": KEY,
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "token-counting-2024-11-01",
  });
  expect(response.statusCode).toBe(200);
  expect(response.headers["x-enforced-prompt"]).toMatch(/^standard@/);
  expect(upstream.lastRequest.headers).toMatchObject({ "anthropic-beta": "token-counting-2024-11-01" });
  const { system, messages } = upstream.lastRequest.body as {
    system: { text: string }[];
    messages: { role: string }[];
  };
  expect(system[0]).toEqual({ type: "text", text: RULES });
  expect(JSON.stringify(system.slice(1))).toMatch(/Be brief\..*Now\./);
  expect(messages.map(({ role }) => role)).toEqual(["user"]);
  expect([...running.audit.rows.values()]).toMatchObject([
    { enforcementLevel: "standard", promptHash: expect.any(String) },
  ]);
});

test("a model that only Bedrock serves is estimated, and says so", async () => {
  const running = start({ deployments: [bedrock()] });
  const response = await post(running, body({ messages: [{ role: "user", content: "x".repeat(3000) }] }));
  expect(response.headers["x-gateway-estimated"]).toBe("true");
  const sent = JSON.stringify({
    model: bedrock().upstreamModel,
    messages: [{ role: "user", content: "x".repeat(3000) }],
  });
  expect(response.json()).toEqual({ input_tokens: Math.ceil(sent.length / 3) });
  expect([...running.audit.rows.values()]).toMatchObject([{ status: 200, costNanoUsd: 0, deployment: null }]);
});

test("the first deployment with Anthropic counts, wherever it stands", async () => {
  const running = start({
    deployments: [bedrock(), anthropicDeployment({ id: `${MODEL}/1`, baseUrl: upstream.url })],
  });
  expect((await post(running, body())).json()).toEqual({ input_tokens: 1234 });
  expect([...running.audit.rows.values()]).toMatchObject([{ deployment: `${MODEL}/1` }]);
});

test("one that is cooling down after failures is passed over", async () => {
  const failing = await FakeAnthropic.start();
  failing.script = failWith(429, "rate_limit_error", "slow", { "retry-after": "60" });
  const running = start({
    deployments: [
      anthropicDeployment({ baseUrl: failing.url }),
      anthropicDeployment({ id: `${MODEL}/1`, baseUrl: upstream.url }),
    ],
  });
  // Both refuse, so that the first one cools down.
  await post(running, body({ max_tokens: 5 }), {}, "/v1/messages");
  expect((await post(running, body())).json()).toEqual({ input_tokens: 1234 });
  await failing.stop();
});

test.each([
  ["no JSON", "{", 400, "invalid_request_error"],
  ["no messages", { model: MODEL }, 400, "invalid_request_error"],
  ["an unknown model", { ...body(), model: "nope" }, 404, "not_found_error"],
  ["a model without deployment", { ...body(), model: "without-deployment" }, 529, "overloaded_error"],
] as const)("%s is refused in Anthropic's words, with a row", async (_name, payload, status, type) => {
  const running = start();
  const response = await post(running, payload);
  expect(response.statusCode).toBe(status);
  expect(response.json()).toEqual({
    type: "error",
    error: expect.objectContaining({ type, message: expect.any(String) }),
    request_id: response.headers["x-request-id"],
  });
  expect(upstream.requests).toHaveLength(0);
  expect([...running.audit.rows.values()]).toMatchObject([{ status: expect.any(Number), costNanoUsd: 0 }]);
});

test("a model that the key may not use is 403, an unknown key 401", async () => {
  const running = start();
  await running.addKey(KEY, { models: ["claude-haiku-4-5"] });
  const denied = await post(running, body(), { "x-api-key": KEY });
  expect([denied.statusCode, denied.json().error.type]).toEqual([403, "permission_error"]);
  const unknown = await post(running, body(), { "x-api-key": "sk-nobody-00000000" });
  expect([unknown.statusCode, unknown.json().error.type]).toEqual([401, "authentication_error"]);
  expect(upstream.requests).toHaveLength(0);
});

test("counts neither for the limit of requests nor for that of tokens", async () => {
  const running = start();
  await running.addKey(KEY, { rpmLimit: 1, tpmLimit: 1 });
  for (let number = 0; number < 30; number += 1) {
    const { statusCode, headers } = await post(running, body(), { "x-api-key": KEY });
    expect(statusCode).toBe(200);
    expect(Object.keys(headers).filter((name) => name.startsWith("x-ratelimit"))).toEqual([]);
  }
});

test.each([
  [0, 0],
  [1, 600],
])("with %i requests a minute, %i counts, also estimated ones", async (rpmLimit, most) => {
  const running = start({ deployments: [bedrock()] });
  await running.addKey(KEY, { rpmLimit });
  const url = await running.listen();
  const ask = () =>
    fetch(`${url}/v1/messages/count_tokens`, {
      method: "POST",
      headers: { "x-api-key": KEY, "content-type": "application/json" },
      body: JSON.stringify(body()),
    });
  let answered = 0;
  for (let number = 0; number < most; number += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    for (const answer of answers) answered += (await answer.text()).includes("input_tokens") ? 1 : 0;
  }
  expect(answered).toBe(most);
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(await refused.text()).toMatch(/"rate_limit_error".*Limit type: counts\./);
  expect(refused.headers.get("rate_limit_type")).toBe("counts");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("holds one of the key's places while it runs", async () => {
  const running = start();
  await running.addKey(KEY, { maxParallelRequests: 1 });
  upstream.script = () => {};
  const first = post(running, body(), { "x-api-key": KEY });
  await eventually(() => upstream.requests.length === 1);
  expect((await post(running, body(), { "x-api-key": KEY })).statusCode).toBe(429);
  expect((await first).statusCode).toBe(504);
});

test.each<[string, FakeAnthropic["script"], number, string]>([
  ["refuses", failWith(400, "invalid_request_error", "messages.0: wrong"), 400, "invalid_request_error"],
  ["refuses the gateway's own key", failWith(401, "authentication_error", "bad"), 502, "api_error"],
  ["is busy", failWith(529, "overloaded_error", "busy"), 529, "overloaded_error"],
  ["says something else", (response) => void response.end('{"tokens":1}'), 502, "api_error"],
  ["counts less than nothing", (response) => void response.end('{"input_tokens":-1}'), 502, "api_error"],
  ["says nothing", () => {}, 504, "timeout_error"],
  ["breaks the connection", (response) => void response.destroy(), 502, "api_error"],
  [
    "never ends",
    (response) => {
      response.writeHead(200);
      response.write(Buffer.alloc(80 * 1024, " "));
    },
    502,
    "api_error",
  ],
])("a provider that %s gives an error and no count", async (_name, script, status, type) => {
  const running = start();
  upstream.script = script;
  const response = await post(running, body());
  expect([response.statusCode, response.json().error.type]).toEqual([status, type]);
  expect([...running.audit.rows.values()]).toMatchObject([{ costNanoUsd: 0, errorType: expect.any(String) }]);
});

test("a client that leaves frees the provider", async () => {
  const running = start({ timeouts: { firstByteMs: 5000 } });
  upstream.script = () => {};
  const url = await running.listen();
  const abort = new AbortController();
  const asked = fetch(`${url}/v1/messages/count_tokens`, {
    method: "POST",
    headers: { "x-api-key": MASTER_KEY, "content-type": "application/json" },
    body: JSON.stringify(body()),
    signal: abort.signal,
  });
  asked.catch(() => {});
  await eventually(() => upstream.requests.length === 1);
  abort.abort();
  await upstream.lastRequest.aborted;
  await eventually(() => running.audit.rows.size === 1);
  expect([...running.audit.rows.values()]).toMatchObject([{ status: 499, errorType: "client_closed" }]);
});
