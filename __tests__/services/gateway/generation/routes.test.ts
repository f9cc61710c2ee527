import { requirePlainText } from "../../../../services/gateway/generation/routes";
import { FakeAnthropic } from "../../../support/services/fake-anthropic";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";
import { ask, CHAT, errorShape, MESSAGES, RESPONSES, WIRE_APIS } from "../../../support/services/wire-apis";

describe("generation", () => {
  const KEY = "sk-key-of-a-workspace-1";
  let upstream: FakeAnthropic;
  let gateway: TestGateway;
  let url: string;

  beforeEach(async () => {
    upstream = await FakeAnthropic.start();
    gateway = buildTestGateway({
      upstreamUrl: upstream.url,
      maxBodyBytes: 100_000,
      maxEndUserBudgetNano: 1_000_000_000,
    });
    url = await gateway.listen();
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.stop();
  });

  const rows = () => [...gateway.audit.rows.values()];

  test.each(["/v1/chat/completions", "/chat/completions"])(
    "POST %s answers in OpenAI's shape",
    async (path) => {
      const response = await ask(url, path, CHAT.body());
      expect(response.status).toBe(200);
      const id = response.headers.get("x-request-id");
      expect(response.headers.get("x-litellm-call-id")).toBe(id);
      expect(await response.json()).toEqual({
        id: `chatcmpl-${id}`,
        object: "chat.completion",
        created: expect.any(Number),
        model: MODEL,
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: "Hello world", refusal: null },
            logprobs: null,
            finish_reason: "stop",
          },
        ],
        usage: {
          prompt_tokens: 17,
          completion_tokens: 7,
          completion_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 24,
          prompt_tokens_details: { cached_tokens: 4, cache_creation_tokens: 3 },
          cache_creation_input_tokens: 3,
          cache_read_input_tokens: 4,
        },
      });
    },
  );

  test.each(["/v1/messages", "/messages", "/v1/messages?beta=true"])(
    "POST %s answers in Anthropic's shape",
    async (path) => {
      const response = await ask(url, path, MESSAGES.body());
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: MODEL,
        content: [{ type: "text", text: "Hello world" }],
        stop_reason: "end_turn",
        stop_sequence: null,
        usage: {
          input_tokens: 10,
          cache_creation_input_tokens: 3,
          cache_read_input_tokens: 4,
          output_tokens: 7,
        },
      });
    },
  );

  test.each(["/v1/responses", "/responses"])("POST %s answers in the shape of responses", async (path) => {
    const response = await ask(url, path, RESPONSES.body());
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      id: `resp_${response.headers.get("x-request-id")}`,
      object: "response",
      status: "completed",
      error: null,
      model: MODEL,
      output: [
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello world" }] },
      ],
      usage: { input_tokens: 17, output_tokens: 7, total_tokens: 24 },
    });
  });

  test("the second request of openai-agents, with thinking among the parts, is answered; what is left out is told", async () => {
    const signed = { type: "thinking", thinking: "hm", signature: "s1" };
    const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
    const response = await ask(url, CHAT.path, {
      ...CHAT.body(),
      reasoning_effort: "high",
      temperature: 1.5,
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" }, strict: true } }],
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", content: [signed, { type: "thinking", thinking: "more" }], tool_calls: [call] },
        { role: "tool", tool_call_id: "call_1", content: "ok" },
      ],
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-dropped-params")).toBe(
      "temperature, messages.content.thinking, tools.strict",
    );
    expect(upstream.lastRequest.body["messages"]).toMatchObject([
      {},
      { role: "assistant", content: [signed, { type: "tool_use", id: "call_1" }] },
      {},
    ]);
  });

  test("a temperature over Anthropic's range is told", async () => {
    const response = await ask(url, CHAT.path, CHAT.body({ temperature: 1.5 }));
    expect(response.headers.get("x-gateway-degraded")).toBe("temperature=1");
    expect(upstream.lastRequest.body["temperature"]).toBe(1);
  });

  describe.each(WIRE_APIS)("$name", (api) => {
    test.each([false, true])("stream %s: an answer and its whole row", async (stream) => {
      const response = await ask(url, api.path, api.body({ stream }), {
        headers: { "x-litellm-end-user-id": "customer-1" },
      });
      expect(response.status).toBe(200);
      const id = response.headers.get("x-request-id");
      expect(response.headers.get("content-type")).toMatch(
        stream ? /^text\/event-stream/ : /^application\/json/,
      );
      const text = await response.text();
      if (stream) expect(text).toMatch(api.end);
      else expect(api.textOf(JSON.parse(text))).toBe("Hello world");
      expect(rows()).toEqual([
        {
          requestId: id,
          startedAt: expect.any(Date),
          callerKind: "master",
          keyId: null,
          keyHash: null,
          keyAlias: null,
          userId: null,
          workspace: null,
          scope: null,
          endUser: "customer-1",
          route: api.path,
          modelRequested: MODEL,
          modelUsed: "claude-sonnet-4-5-20250929",
          deployment: `${MODEL}/0`,
          attempts: 1,
          status: 200,
          errorType: null,
          inputTokens: 10,
          outputTokens: 7,
          reasoningTokens: 0,
          cacheReadTokens: 4,
          cacheWriteTokens: 3,
          cacheWrite1hTokens: 0,
          webSearches: 0,
          isUsageEstimated: false,
          // 10 × 3000 + 7 × 15000 + 4 × 300 + 3 × 3750
          costNanoUsd: 147_450,
          latencyMs: expect.any(Number),
          ttftMs: expect.any(Number),
          isStream: stream,
          userAgent: "test-agent/1",
          client: "test-agent/1",
          sessionId: null,
          enforcementLevel: "unrestricted",
          promptHash: null,
          actor: null,
          target: null,
          changed: null,
          repeats: 0,
        },
      ]);
    });

    test("the row says which workspace, client and conversation a request came from", async () => {
      await gateway.addKey(KEY, { metadata: { scope: "workspace:w-7" } });
      const headers = { authorization: `Bearer ${KEY}`, "user-agent": "claude-cli/2.1.330 (external, cli)" };
      const named = api.body({ metadata: { session_id: "s-body" } });
      await (await ask(url, api.path, named, { headers })).text();
      const inHead = { ...headers, "x-claude-code-session-id": "s-head" };
      await (await ask(url, api.path, named, { headers: inHead })).text();
      const common = { workspace: "w-7", scope: "workspace:w-7", client: "claude-code/2.1.330" };
      expect(rows()).toMatchObject([
        { ...common, sessionId: "s-body" },
        { ...common, sessionId: "s-head" },
      ]);
    });

    it.each<[string, object]>([
      ["at the top, as Cline sends it", { litellm_session_id: "cline-01JB" }],
      ["at the top, as a trace", { litellm_trace_id: "cline-01JB" }],
      ["in metadata", { metadata: { litellm_session_id: "cline-01JB" } }],
      ["in LiteLLM's metadata", { litellm_metadata: { session_id: "cline-01JB" } }],
      ["in extra_body, which only some SDKs unpack", { extra_body: { litellm_session_id: "cline-01JB" } }],
    ])("LiteLLM's id of a conversation reaches the row, and no provider: %s", async (_name, fields) => {
      const response = await ask(url, api.path, api.body(fields));
      expect(response.status).toBe(200);
      await response.text();
      expect(rows()).toMatchObject([{ sessionId: "cline-01JB" }]);
      expect(JSON.stringify(upstream.lastRequest.body)).not.toContain("cline-01JB");
      const dropped = response.headers.get("x-gateway-dropped-params") ?? "";
      expect(dropped).not.toMatch(/litellm_session_id|litellm_trace_id/);
    });

    test("an unknown model is told as the API itself tells it", async () => {
      const response = await ask(url, api.path, { ...api.body(), model: "gpt-nope" });
      expect(response.status).toBe(404);
      expect(response.headers.get("x-should-retry")).toBe("false");
      expect(await response.json()).toMatchObject({
        error: api.isAnthropic
          ? { type: "not_found_error", details: { error_code: "model_not_found", param: "model" } }
          : { type: "invalid_request_error", code: "model_not_found", param: "model" },
      });
    });

    const huge = "x".repeat(200_000);
    test.each<[string, object | string, Record<string, string>, number, string, string | null]>([
      ["no key", api.body(), { authorization: "" }, 401, "authentication_error", null],
      [
        "an unknown key",
        api.body(),
        { authorization: "Bearer sk-nobody-0000000" },
        401,
        "authentication_error",
        "key",
      ],
      [
        "a model that is not the key's",
        { ...api.body(), model: "claude-haiku-4-5" },
        { authorization: `Bearer ${KEY}` },
        403,
        "permission_error",
        "model",
      ],
      ["a body over the limit", api.body({ metadata: { a: huge } }), {}, 413, "request_too_large", null],
      ["another media type", "a,b", { "content-type": "text/csv" }, 415, "invalid_request_error", null],
      ["no JSON", "{", {}, 400, "invalid_request_error", null],
      ["an unknown model", { ...api.body(), model: "gpt-nope" }, {}, 404, "not_found_error", "model"],
      ["no model", { input: "hi" }, {}, 400, "invalid_request_error", "model"],
      [
        "a model without deployment",
        { ...api.body(), model: "without-deployment" },
        {},
        api.isAnthropic ? 529 : 503,
        "overloaded_error",
        null,
      ],
    ])(
      "%s is refused in the words of the API, without asking the provider",
      async (_name, payload, headers, status, type, param) => {
        await gateway.addKey(KEY, { models: [MODEL] });
        const response = await ask(url, api.path, payload, { headers });
        expect(response.status).toBe(status);
        expect(await response.json()).toEqual(errorShape(api, type, param));
        expect(upstream.requests).toHaveLength(0);
        if (status !== 401)
          expect(rows()).toMatchObject([
            { status, inputTokens: 0, costNanoUsd: 0, errorType: expect.any(String) },
          ]);
      },
    );

    test.each<[string, object, number, string]>([
      ["requests a minute", { rpmLimit: 0 }, 429, "rate_limit_error"],
      ["a budget that is used up", { maxBudgetNanoUsd: 1 }, 402, "billing_error"],
    ])("%s: %j is %i", async (_name, limits, status, type) => {
      await gateway.addKey(KEY, limits);
      const response = await ask(url, api.path, api.body(), { headers: { authorization: `Bearer ${KEY}` } });
      expect(response.status).toBe(status);
      expect(response.headers.has("retry-after")).toBe(status === 429);
      expect(await response.json()).toEqual(errorShape(api, type));
      expect(rows()).toMatchObject([{ status, costNanoUsd: 0 }]);
      expect(upstream.requests).toHaveLength(0);
    });

    test("near the end of a budget the answer is shorter, and a header says how long", async () => {
      await gateway.addKey(KEY, { maxBudgetNanoUsd: 40_000_000 });
      const asked = api.name === "responses" ? { max_output_tokens: 50_000 } : { max_tokens: 50_000 };
      const response = await ask(url, api.path, api.body(asked), {
        headers: { authorization: `Bearer ${KEY}` },
      });
      expect(response.status).toBe(200);
      const allowed = Number(response.headers.get("x-gateway-max-tokens"));
      expect(allowed).toBeGreaterThan(256);
      expect(upstream.lastRequest.body["max_tokens"]).toBe(allowed);
    });

    test("an answer is never longer than the model's, whatever is asked for, and a header says so", async () => {
      await gateway.addKey(KEY, { maxBudgetNanoUsd: 10_000_000_000 });
      const most = Number.MAX_SAFE_INTEGER;
      const asked = api.name === "responses" ? { max_output_tokens: most } : { max_tokens: most };
      const response = await ask(url, api.path, api.body(asked), {
        headers: { authorization: `Bearer ${KEY}` },
      });
      expect(response.status).toBe(200);
      expect(upstream.lastRequest.body["max_tokens"]).toBe(64_000);
      expect(response.headers.get("x-gateway-degraded")).toBe("max_tokens=64000");
    });

    test("no log line holds a key or what was said", async () => {
      await ask(url, api.path, api.body({ metadata: { a: "the-question-text" } }));
      await ask(url, api.path, "{ the-broken-body");
      const headers = { authorization: `Bearer ${MASTER_KEY}` };
      await fetch(`${url}/key/info?key=sk-asked-about-00000`, { headers });
      const log = gateway.log.join("");
      for (const secret of [
        MASTER_KEY,
        "upstream-credential",
        "Hello world",
        "the-question-text",
        "the-broken-body",
        "sk-asked-about-00000",
      ])
        expect(log).not.toContain(secret);
    });
  });

  test.each(WIRE_APIS.map(({ path }) => path))(
    "POST %s without a body is the client's mistake",
    async (path) => {
      const types: readonly Record<string, string>[] = [{}, { "content-type": "application/json" }];
      for (const headers of types) {
        const authorization = `Bearer ${MASTER_KEY}`;
        const response = await fetch(`${url}${path}`, {
          method: "POST",
          headers: { authorization, ...headers },
        });
        expect(response.status).toBe(400);
        expect(await response.text()).toContain("The body is not valid JSON");
      }
    },
  );
});

it.each([
  [{}],
  [{ "content-type": "application/json" }],
  [{ "content-type": "application/json; charset=utf-8" }],
  [{ "content-type": 'application/json;charset="UTF-8"' }],
  [{ "content-type": "application/json; charset=UTF8; x=y" }],
  [{ "content-encoding": "identity" }],
  [{ "content-encoding": "" }],
])("takes %j", (headers) => expect(requirePlainText(headers)).toBeUndefined());

it.each([
  [{ "content-encoding": "gzip" }, "content-encoding"],
  [{ "content-encoding": "BR" }, "content-encoding"],
  [{ "content-encoding": "identity, gzip" }, "content-encoding"],
  [{ "content-encoding": "aws-chunked" }, "content-encoding"],
  [{ "content-type": "application/json; charset=utf-16" }, "content-type"],
  [{ "content-type": "application/json; charset = iso-8859-1" }, "content-type"],
  [{ "content-type": "application/json; charset=utf-8; charset=utf-7" }, "content-type"],
  [{ "content-type": "application/json; charset=" }, "content-type"],
])("refuses %j", (headers, param) => {
  expect(() => requirePlainText(headers)).toThrow(
    expect.objectContaining({ status: 415, code: "unsupported_media_type", param }),
  );
});
