import { buildCatalog } from "../../../../services/gateway/live-config/build-catalog";
import { parseConfigFile } from "../../../../services/gateway/live-config/load-catalog";
import { MODEL_INFO_NAMES } from "../../../../services/gateway/live-config/model-entry";
import { callApp } from "../../../support/services/call-app";
import { FakeAnthropic, failWith } from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

describe("models", () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = buildTestGateway();
    await gateway.addKey("sk-restricted-00000", { models: [MODEL] });
  });
  afterEach(() => gateway.close());

  const get = (url: string, key = MASTER_KEY) => callApp(gateway.app, { url, headers: { "x-api-key": key } });
  const model = (id: string) => ({ id, object: "model", created: 1_677_610_602, owned_by: "openai" });

  test.each(["/v1/models", "/models"])("GET %s lists what can be used, each once", async (url) => {
    expect((await get(url)).json()).toEqual({
      object: "list",
      data: [model(MODEL), model("claude-haiku-4-5")],
    });
    expect((await get(url, "sk-restricted-00000")).json()).toEqual({ object: "list", data: [model(MODEL)] });
  });

  test.each(["/v1/models", "/models"])("GET %s/:id", async (url) => {
    expect((await get(`${url}/${MODEL}`)).json()).toEqual(model(MODEL));
    expect((await get(`${url}/nope`)).statusCode).toBe(404);
    expect((await get(`${url}/without-deployment`)).statusCode).toBe(404);
    expect((await get(`${url}/claude-haiku-4-5`, "sk-restricted-00000")).json().error).toMatchObject({
      param: "model",
      type: "invalid_request_error",
      code: "model_not_found",
    });
  });

  describe("for a client that sends anthropic-version", () => {
    const ask = (url: string, key = MASTER_KEY) =>
      callApp(gateway.app, { url, headers: { "x-api-key": key, "anthropic-version": "2023-06-01" } });
    const entry = (id: string) => ({
      type: "model",
      id,
      display_name: id,
      created_at: "2023-02-28T18:56:42.000Z",
    });

    test.each(["/v1/models", "/models", "/v1/models?limit=1000"])(
      "GET %s has Anthropic's form, all in one page",
      async (url) => {
        expect((await ask(url)).json()).toEqual({
          data: [entry(MODEL), entry("claude-haiku-4-5")],
          has_more: false,
          first_id: MODEL,
          last_id: "claude-haiku-4-5",
        });
      },
    );

    test("nothing to use is an empty page", async () => {
      await gateway.addKey("sk-without-models-0", { models: ["nope"] });
      expect((await ask("/v1/models", "sk-without-models-0")).json()).toEqual({
        data: [],
        has_more: false,
        first_id: null,
        last_id: null,
      });
    });

    test("GET /v1/models/:id, and 404 and 401 in Anthropic's words", async () => {
      expect((await ask(`/v1/models/${MODEL}`)).json()).toEqual(entry(MODEL));
      const missing = await ask("/v1/models/nope");
      expect([missing.statusCode, missing.json().error.type]).toEqual([404, "not_found_error"]);
      const unknown = await ask("/v1/models", "sk-nobody-0000000");
      expect([unknown.statusCode, unknown.json().error.type]).toEqual([401, "authentication_error"]);
    });
  });

  test("a key may not use what it does not list, whatever the body says", async () => {
    const response = await callApp(gateway.app, {
      method: "POST",
      url: "/v1/chat/completions",
      headers: { authorization: "Bearer sk-restricted-00000" },
      payload: { model: "claude-haiku-4-5", messages: [{ role: "user", content: "x" }] },
    });
    expect(response.statusCode).toBe(403);
    expect(response.json().error).toMatchObject({
      type: "key_model_access_denied",
      param: "model",
      code: "403",
    });
  });
});

describe("model info", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = buildTestGateway();
    await gateway.addKey("sk-haiku-only-00000", { models: ["claude-haiku-4-5"] });
  });
  afterAll(() => gateway.close());

  const get = (url: string, key = MASTER_KEY) =>
    callApp(gateway.app, { url, headers: { authorization: `Bearer ${key}` } });

  test.each(["/model/info", "/v1/model/info"])("%s shows limits and prices in USD a token", async (url) => {
    const response = await get(url);
    expect(response.json().data[0]).toMatchObject({
      model_name: MODEL,
      litellm_params: { model: `anthropic/${MODEL}-20250929` },
      model_info: {
        id: `${MODEL}/0`,
        max_output_tokens: 64_000,
        input_cost_per_token: 3e-6,
        output_cost_per_token: 15e-6,
        cache_read_input_token_cost: 3e-7,
        cache_creation_input_token_cost: 3.75e-6,
      },
    });
    expect(response.body).not.toContain("upstream-credential");
  });

  test("a key sees the models it may use; an id picks one", async () => {
    const names = (data: { model_name: string }[]) => data.map((one) => one.model_name);
    expect(names((await get("/model/info", "sk-haiku-only-00000")).json().data)).toEqual([
      "claude-haiku-4-5",
    ]);
    expect(names((await get(`/model/info?litellm_model_id=${MODEL}/0`)).json().data)).toEqual([MODEL]);
  });

  /** What Roo Code, Zoo Code and Cline read in their provider "LiteLLM", as their sources have it. */
  const readAsRoo = ({ model_name, litellm_params, model_info }: Entry) => ({
    isListed: Boolean(model_name && litellm_params["model"] && model_info),
    maxTokens: model_info["max_output_tokens"] || model_info["max_tokens"] || 8192,
    contextWindow: model_info["max_input_tokens"] || 200_000,
    supportsImages: Boolean(model_info["supports_vision"]),
    supportsPromptCache: Boolean(model_info["supports_prompt_caching"]),
    supportsReasoningEffort: Boolean(model_info["supports_reasoning"]),
    supportsTools: Boolean(model_info["supports_function_calling"]),
    inputPrice: Number(model_info["input_cost_per_token"]) * 1e6,
    cacheReadsPrice: Number(model_info["cache_read_input_token_cost"]) * 1e6,
  });
  interface Entry {
    readonly model_name: string;
    readonly litellm_params: Readonly<Record<string, unknown>>;
    readonly model_info: Readonly<Record<string, unknown>>;
  }

  /** What a gateway with these entries of `model_list` says of its models. */
  async function infoOf(entries: readonly object[]): Promise<readonly Entry[]> {
    const file = parseConfigFile(JSON.stringify({ model_list: entries }));
    const env = { ANTHROPIC_API_KEY: "x", AWS_REGION: "us-east-1", AWS_BEARER_TOKEN_BEDROCK: "x" };
    const { groups } = buildCatalog(file, { env, nowMs: Date.parse("2026-11-24") }).catalog;
    const other = buildTestGateway({ groups });
    try {
      const { data } = (await callApp(other.app, bearer("/v1/model/info"))).json() as { data: Entry[] };
      return data.filter(({ model_name }) => model_name.startsWith("my-"));
    } finally {
      await other.close();
    }
  }
  const bearer = (url: string) => ({ url, headers: { authorization: `Bearer ${MASTER_KEY}` } });
  const entry = (name: string, model: string, model_info: object = {}) => ({
    model_name: name,
    litellm_params: {
      model,
      ...(model.startsWith("anthropic/") ? { api_key: "os.environ/ANTHROPIC_API_KEY" } : {}),
    },
    model_info,
  });

  test("Roo Code and Cline find out that they may mark caches, send images and fill the window", async () => {
    const [sonnet, opus] = await infoOf([
      entry("my-sonnet", "anthropic/claude-sonnet-4-5-20250929"),
      entry("my-opus", "bedrock/us.anthropic.claude-opus-5"),
    ]);
    const able = {
      isListed: true,
      supportsImages: true,
      supportsPromptCache: true,
      supportsReasoningEffort: true,
      supportsTools: true,
    };
    expect(readAsRoo(sonnet as Entry)).toEqual({
      ...able,
      maxTokens: 64_000,
      contextWindow: 200_000,
      inputPrice: 3,
      cacheReadsPrice: expect.closeTo(0.3),
    });
    expect(readAsRoo(opus as Entry)).toEqual({
      ...able,
      maxTokens: 128_000,
      contextWindow: 1_000_000,
      inputPrice: 5.5,
      cacheReadsPrice: expect.closeTo(0.55),
    });
  });

  test("a model that nothing is known of promises no large window", async () => {
    const [unknown] = await infoOf([entry("my-model", "anthropic/claude-of-tomorrow")]);
    expect(unknown?.model_info).toMatchObject({ max_input_tokens: 200_000, input_cost_per_token: null });
  });

  const SEARCH_COSTS = {
    search_context_size_low: 0.02,
    search_context_size_medium: 0.02,
    search_context_size_high: 0.02,
  };

  test("prices beside those of tokens hold with the list's prices, too", async () => {
    const extra = { search_context_cost_per_query: SEARCH_COSTS, provider_specific_entry: { us: 1.2 } };
    const [shown] = await infoOf([entry("my-model", "anthropic/claude-sonnet-4-5", extra)]);
    expect(shown?.model_info).toMatchObject({ ...extra, input_cost_per_token: 3e-6 });
  });

  test("everything that model_info of config.yaml may hold is shown", async () => {
    // Each differs from what is known of the model.
    const known = (await infoOf([entry("my-model", "anthropic/claude-sonnet-4-5")]))[0]?.model_info ?? {};
    const said = Object.fromEntries(
      MODEL_INFO_NAMES.map((name, index) => {
        if (name === "mode") return [name, "chat"];
        if (name === "search_context_cost_per_query") return [name, SEARCH_COSTS];
        if (name === "provider_specific_entry") return [name, { us: 1.2 }];
        if (/cost/.test(name)) return [name, (index + 1) / 1e6];
        if (/^max/.test(name)) return [name, 1000 + index];
        return [name, name.startsWith("supports_") ? known[name] !== true : `my-${name}`];
      }),
    );
    const [shown] = await infoOf([entry("my-model", "anthropic/claude-sonnet-4-5", said)]);
    expect(shown?.model_info).toMatchObject(said);
  });

  test("a base model says what an ARN is, and what it costs at least", async () => {
    const arn = "bedrock/arn:aws:bedrock:us-east-1:1:application-inference-profile/x";
    const [listed, regional] = await infoOf([
      entry("my-arn", arn, { base_model: "bedrock/global.anthropic.claude-sonnet-4-6" }),
      entry("my-other", arn, { base_model: "claude-sonnet-4-6" }),
    ]);
    const info = { max_input_tokens: 1_000_000, litellm_provider: "bedrock" };
    expect(listed?.model_info).toMatchObject({ ...info, input_cost_per_token: 3e-6 });
    expect(regional?.model_info).toMatchObject({ ...info, input_cost_per_token: 3.3e-6 });
  });
});

test("names what is configured and the enforcement, and shows no variable", async () => {
  const gateway = buildTestGateway();
  const response = await callApp(gateway.app, {
    url: "/get/config/callbacks",
    headers: { authorization: `Bearer ${MASTER_KEY}` },
  });
  await gateway.close();
  expect(response.json()).toMatchObject({
    status: "success",
    callbacks: [
      { name: "log_to_db", type: "success", variables: {} },
      { name: "langfuse", type: "success", variables: {} },
      { name: "langfuse", type: "failure", variables: {} },
      { name: "enforcement_hook.proxy_handler_instance", type: "success_and_failure", variables: {} },
    ],
  });
});

describe("deployment health", () => {
  let gateway: TestGateway;
  beforeAll(() => {
    gateway = buildTestGateway();
  });
  afterAll(() => gateway.close());

  const get = (url: string) =>
    callApp(gateway.app, { url, headers: { authorization: `Bearer ${MASTER_KEY}` } });

  test("says which deployments can be used and why others cannot, without asking a provider", async () => {
    expect((await get("/health")).json()).toEqual({
      healthy_endpoints: [{ model_name: MODEL, model: `${MODEL}-20250929`, model_id: `${MODEL}/0` }],
      unhealthy_endpoints: [
        { model_name: "bedrock", model: "bedrock/x", model_id: "bedrock/0", error: "AWS_REGION is not set" },
      ],
      healthy_count: 1,
      unhealthy_count: 1,
    });
  });

  test("one that is cooling down after a failure is unhealthy, for how long and why", async () => {
    const [busy, well] = [await FakeAnthropic.start(), await FakeAnthropic.start()];
    busy.script = failWith(429, "rate_limit_error", "slow down");
    const other = buildTestGateway({
      deployments: [
        anthropicDeployment({ baseUrl: busy.url }),
        anthropicDeployment({ id: `${MODEL}/1`, baseUrl: well.url }),
      ],
    });
    const headers = { authorization: `Bearer ${MASTER_KEY}` };
    const payload = { model: MODEL, messages: [{ role: "user", content: "x" }] };
    const url = "/v1/chat/completions";
    expect((await callApp(other.app, { method: "POST", url, headers, payload })).statusCode).toBe(200);
    const health = (await callApp(other.app, { url: "/health", headers })).json();
    expect(health.unhealthy_endpoints).toEqual([
      {
        model_name: MODEL,
        model: `${MODEL}-20250929`,
        model_id: `${MODEL}/0`,
        error: expect.stringMatching(
          /^cooling down for \d+ s, because its provider's rate limit was reached$/,
        ),
        cooling_down_seconds: expect.any(Number),
      },
      expect.objectContaining({ model_id: "bedrock/0" }),
    ]);
    expect(health.unhealthy_endpoints[0].cooling_down_seconds).toBeGreaterThan(0);
    await Promise.all([other.close(), busy.stop(), well.stop()]);
  });

  test.each(["model=bedrock", "model_id=bedrock/0"])("about one: %s", async (query) => {
    expect((await get(`/health?${query}`)).json()).toMatchObject({ healthy_count: 0, unhealthy_count: 1 });
  });
});
