import type { Deployment } from "../../../../services/gateway/providers/deployment";
import { Secret } from "../../../../services/shared/secret";
import {
  answerWith,
  FakeAnthropic,
  failWith,
  messageEvents,
  type Script,
} from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";
import { ask } from "../../../support/services/wire-apis";

const MESSAGE = "messages.1.content.0: thinking block is bound to a different conversation";
const refuse = failWith(400, "invalid_request_error", MESSAGE);
const answer = answerWith(messageEvents(["Hello"]));
/** As a provider whose thinking was made before the request was edited. */
const refuseThinking: Script = (response, request) =>
  (JSON.stringify(request.body["messages"]).includes('"thinking"') ? refuse : answer)(response, request);

let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeEach(async () => {
  upstream = await FakeAnthropic.start();
  gateway = buildTestGateway({
    deployments: [anthropicDeployment({ baseUrl: upstream.url, upstreamModel: "claude-opus-5-5" })],
  });
  url = await gateway.listen();
});
afterEach(async () => {
  await gateway.close();
  await upstream.stop();
});

const THINKING = { type: "thinking", thinking: "t", signature: "s" };
const SEALED = Buffer.from(JSON.stringify({ v: 1, model: "claude-opus-5-5", ...THINKING })).toString(
  "base64",
);
const CHAT = {
  model: MODEL,
  messages: [
    { role: "user", content: "a" },
    { role: "assistant", content: "b", thinking_blocks: [THINKING] },
    { role: "user", content: "c" },
  ],
};
const RESPONSES = {
  model: MODEL,
  input: [
    { role: "user", content: "a" },
    { type: "reasoning", summary: [], encrypted_content: SEALED },
    { role: "assistant", content: "b" },
    { role: "user", content: "c" },
  ],
};
const MESSAGES = {
  model: MODEL,
  max_tokens: 100,
  messages: [
    { role: "user", content: "a" },
    { role: "assistant", content: [THINKING, { type: "text", text: "b" }] },
    { role: "user", content: "c" },
  ],
};

const sentThinking = () =>
  upstream.requests.map(({ body }) => JSON.stringify(body["messages"]).includes('"thinking"'));

describe.each([
  ["chat completions", "/v1/chat/completions", CHAT],
  ["responses", "/v1/responses", RESPONSES],
])("%s", (_name, path, body) => {
  test.each([true, false])(
    "earlier thinking that is refused is left out, once (stream: %s)",
    async (stream) => {
      upstream.script = refuseThinking;
      const response = await ask(url, path, { ...body, stream });
      expect(response.status).toBe(200);
      expect(await response.text()).toContain("Hello");
      expect(response.headers.get("x-gateway-degraded")).toBe("earlier_thinking=dropped");
      expect(response.headers.get("x-litellm-attempted-retries")).toBe("1");
      expect(sentThinking()).toEqual([true, false]);
      expect([...gateway.audit.rows.values()]).toMatchObject([{ status: 200, attempts: 2 }]);
    },
  );

  test("what is refused without thinking, too, is refused", async () => {
    upstream.script = refuse;
    const response = await ask(url, path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: MESSAGE } });
    expect(sentThinking()).toEqual([true, false]);
  });

  test("thinking that is accepted is sent, and nothing is told", async () => {
    const response = await ask(url, path, body);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-degraded")).toBeNull();
    expect(sentThinking()).toEqual([true]);
  });
});

test("a client of Anthropic's API gets the provider's words", async () => {
  upstream.script = refuseThinking;
  const response = await ask(url, "/v1/messages", MESSAGES);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", message: MESSAGE } });
  expect(sentThinking()).toEqual([true]);
});

test("a header names what the model is told instead of being made to", async () => {
  const tools = [
    { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } },
  ];
  const response = await ask(url, "/v1/chat/completions", {
    ...CHAT,
    tools,
    tool_choice: "required",
    reasoning_effort: "none",
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("x-gateway-degraded")).toBe("reasoning=low, tool_choice=auto");
});

describe("a route that forgets its audit row", () => {
  const KEY = "sk-a-key-with-a-budget";
  let unaudited: TestGateway;
  afterEach(() => unaudited.close());

  test.each([
    ["/v1/chat/completions", CHAT],
    ["/v1/responses", RESPONSES],
    ["/v1/messages", MESSAGES],
    ["/v1/messages/count_tokens", MESSAGES],
  ])("%s reaches no provider: an internal error, and no budget is skipped", async (path, body) => {
    unaudited = buildTestGateway({ upstreamUrl: upstream.url });
    unaudited.app.addHook("onRoute", (route) => {
      if (route.url === path) route.config = { ...route.config, isAudited: false };
    });
    const base = await unaudited.listen();
    await unaudited.addKey(KEY, { maxBudgetNanoUsd: 1_000_000_000 });
    const response = await ask(base, path, body, { headers: { authorization: `Bearer ${KEY}` } });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("audit row");
    expect(unaudited.log.join("")).toContain(`no audit row is open for ${path}`);
    expect(upstream.requests).toEqual([]);
    expect(unaudited.audit.rows.size).toBe(0);
  });
});

describe("an image that only one deployment fetches", () => {
  const url = "https://example.org/a.png";
  const image = { type: "image_url", image_url: { url } };
  const body = { model: "images", messages: [{ role: "user", content: [image] }] };
  const anthropic = () => anthropicDeployment({ id: "images/anthropic", baseUrl: upstream.url });
  const bedrock = (id: string) =>
    anthropicDeployment({
      id,
      upstreamModel: "anthropic.claude-sonnet-4-5-20250929-v1:0",
      access: {
        provider: "bedrock",
        region: "us-east-1",
        api: "invoke",
        credentials: { apiKey: new Secret("k") },
      },
    });
  const send = async (...deployments: readonly Deployment[]) => {
    const other = buildTestGateway({ groups: new Map([["images", deployments]]) });
    try {
      const response = await ask(await other.listen(), "/v1/chat/completions", body);
      return [response.status, response.headers.get("x-litellm-model-id"), await response.json()];
    } finally {
      await other.close();
    }
  };

  test("is sent there at once", async () => {
    expect(await send(bedrock("images/0"), bedrock("images/1"), anthropic())).toMatchObject([
      200,
      "images/anthropic",
      { choices: [{ message: { content: "Hello world" } }] },
    ]);
  });

  test("is no mistake of the client's when that one fails", async () => {
    upstream.script = failWith(529, "overloaded_error", "busy");
    expect(await send(anthropic(), bedrock("images/1"))).toMatchObject([
      503,
      "images/anthropic",
      { error: { code: "overloaded" } },
    ]);
  });

  test("is refused when none does", async () => {
    expect(await send(bedrock("images/0"), bedrock("images/1"))).toMatchObject([
      400,
      null,
      { error: { param: "messages.0.content.0.image_url.url" } },
    ]);
    expect(upstream.requests).toEqual([]);
  });
});
