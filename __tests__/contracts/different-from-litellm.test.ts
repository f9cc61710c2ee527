import { callApp } from "../support/services/call-app";
import { FakeAnthropic } from "../support/services/fake-anthropic";
import { buildTestGateway, MASTER_KEY, MODEL, type TestGateway } from "../support/services/test-gateway";
import { ask, CHAT, MESSAGES } from "../support/services/wire-apis";

/** Where a client or script of LiteLLM meets something else: the table in docs/gateway-api.md names these tests. */
const KEY = "sk-key-of-a-workspace-1";
let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeEach(async () => {
  upstream = await FakeAnthropic.start();
  gateway = buildTestGateway({ upstreamUrl: upstream.url });
  url = await gateway.listen();
});
afterEach(async () => {
  await gateway.close();
  await upstream.stop();
});

const post = (path: string, body: object) =>
  callApp(gateway.app, {
    method: "POST",
    url: path,
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    payload: JSON.stringify(body),
  });

it("a key's model that it may not use is 403", async () => {
  await gateway.addKey(KEY, { models: ["claude-haiku-4-5"] });
  const response = await ask(url, CHAT.path, CHAT.body(), { headers: { authorization: `Bearer ${KEY}` } });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ error: { type: "key_model_access_denied", param: "model" } });
});

it("an expired key is 401", async () => {
  await gateway.addKey(KEY, { expiresAt: new Date(0) });
  const response = await ask(url, CHAT.path, CHAT.body(), { headers: { authorization: `Bearer ${KEY}` } });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ error: { type: "expired_key" } });
});

it.each<Record<string, string>>([
  { "x-goog-api-key": MASTER_KEY },
  { "ocp-apim-subscription-key": MASTER_KEY },
  { authorization: `Basic ${MASTER_KEY}` },
])("no credential is taken from %j", async (headers) => {
  const response = await fetch(`${url}/v1/models`, { headers });
  expect(response.status).toBe(401);
});

it("headers that steer LiteLLM change nothing", async () => {
  const headers = {
    "x-litellm-timeout": "0.001",
    "x-litellm-num-retries": "9",
    "x-litellm-tags": "a,b",
    "litellm-disable-message-redaction": "true",
  };
  const response = await ask(url, CHAT.path, CHAT.body(), { headers });
  expect(response.status).toBe(200);
  expect(Object.keys(upstream.lastRequest.headers).filter((name) => name.includes("litellm"))).toEqual([]);
});

it.each([CHAT, MESSAGES])("fields that steer LiteLLM are named, and never sent: $path", async (api) => {
  const fields = {
    fallbacks: ["claude-opus-4"],
    num_retries: 3,
    mock_response: "x",
    guardrails: [],
    api_base: "http://127.0.0.1:1",
    litellm_metadata: { a: 1 },
  };
  const response = await ask(url, api.path, api.body(fields));
  expect(response.status).toBe(200);
  const told = response.headers.get("x-gateway-dropped-params") ?? "";
  for (const name of ["fallbacks", "num_retries", "mock_response", "api_base", "litellm_metadata"])
    expect(told.split(", ")).toContain(name);
  expect(JSON.stringify(upstream.lastRequest.body)).not.toMatch(/mock_response|api_base|claude-opus-4/);
});

it.each([
  "/v1/completions",
  "/v1/embeddings",
  "/v1/images/generations",
  "/v1/audio/transcriptions",
  "/v1/batches",
  "/anthropic/v1/messages",
  "/openai/deployments/x/chat/completions",
  "/team/new",
  "/organization/new",
  "/customer/new",
  "/config/update",
])("%s is no route", async (path) => {
  expect((await post(path, {})).statusCode).toBe(404);
});

it("an unknown field of a management call is 400 by its name", async () => {
  const response = await post("/key/generate", { max_budgett: 1 });
  expect(response.statusCode).toBe(400);
  expect(response.json().error.message).toContain("max_budgett");
});

it("a provider that does not take the platform's own credential is 502 or 503, not 401", async () => {
  upstream.script = (response) => {
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify({ type: "error", error: { type: "authentication_error", message: "no" } }));
  };
  const response = await ask(url, CHAT.path, CHAT.body());
  expect([502, 503]).toContain(response.status);
  expect(response.headers.get("x-should-retry")).toBe("false");
});

it("an answer's id is made of the request's", async () => {
  const response = await ask(url, CHAT.path, CHAT.body());
  const id = response.headers.get("x-litellm-call-id");
  expect(await response.json()).toMatchObject({ id: `chatcmpl-${id}`, model: MODEL });
});
