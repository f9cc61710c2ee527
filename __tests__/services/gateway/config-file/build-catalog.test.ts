import { type BuiltCatalog, buildCatalog } from "../../../../services/gateway/config-file/build-catalog";
import { parseConfigFile } from "../../../../services/gateway/config-file/parse";

const GUIDE = `
model_list:
  # Direct Anthropic API models
  - model_name: claude-sonnet-4-5
    litellm_params:
      model: anthropic/claude-sonnet-4-5-20250929
      api_key: os.environ/ANTHROPIC_API_KEY
  - model_name: claude-opus-4
    litellm_params:
      model: anthropic/claude-opus-4-20250514
      api_key: os.environ/ANTHROPIC_API_KEY
  - model_name: bedrock-claude-sonnet
    litellm_params:
      model: bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      aws_secret_access_key: os.environ/AWS_SECRET_ACCESS_KEY
      aws_region_name: os.environ/AWS_REGION
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: os.environ/DATABASE_URL
litellm_settings:
  max_end_user_budget: 10.00
  drop_params: true
  success_callback: ["log_to_db", "langfuse"]
  failure_callback: ["log_to_db", "langfuse"]
  turn_off_message_logging: true
  langfuse_default_tags:
    - "user_api_key_alias"
  callbacks: ["enforcement_hook.proxy_handler_instance"]
`;

const build = (
  yaml: string,
  env: Record<string, string> = { ANTHROPIC_API_KEY: "secret" },
  override?: string,
): BuiltCatalog =>
  buildCatalog(parseConfigFile(yaml), {
    env,
    anthropicBaseUrl: override,
    nowMs: Date.parse("2026-11-24"),
  });

test("a LiteLLM file with Anthropic and Bedrock loads, and says what of it is not in force", () => {
  const { catalog, notices } = build(GUIDE);
  expect(catalog.mayDropParams).toBe(true);
  expect(catalog.groups.get("claude-sonnet-4-5")).toMatchObject([
    {
      id: "claude-sonnet-4-5/0",
      upstreamModel: "claude-sonnet-4-5-20250929",
      baseUrl: "https://api.anthropic.com",
    },
  ]);
  expect(catalog.groups.get("bedrock-claude-sonnet")).toEqual([]);
  expect(notices.join("\n")).toMatch(/bedrock-claude-sonnet\/0 .* is not used: no region/);
  expect(notices.join("\n")).not.toMatch(/max_end_user_budget/);
  expect(JSON.stringify([...catalog.groups])).not.toContain('"secret"');
});

test("a deployment without its credential is left out, and that is said", () => {
  const { catalog, notices } = build(GUIDE, { ANTHROPIC_API_KEY: "" });
  expect(catalog.groups.get("claude-sonnet-4-5")).toEqual([]);
  expect(notices).toContain(
    "deployment claude-sonnet-4-5/0 (anthropic/claude-sonnet-4-5-20250929) is not used: ANTHROPIC_API_KEY is not set",
  );
  expect(notices).toContain("model claude-opus-4 cannot be used: no deployment is available");
});

const ONE = (params: string, info = "") => `
model_list:
  - model_name: m
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY${params} }
${info === "" ? "" : `    model_info: { ${info} }`}
`;

test("prices are exact, in pico-USD a token", () => {
  const info =
    "input_cost_per_token: 3e-06, output_cost_per_token: 1.5e-05, cache_read_input_token_cost: 3.75e-8, max_output_tokens: 100";
  expect(build(ONE("", info)).catalog.groups.get("m")?.[0]).toMatchObject({
    maxOutputTokens: 100,
    prices: {
      inputPicoUsd: 3_000_000,
      outputPicoUsd: 15_000_000,
      cacheReadPicoUsd: 37_500,
      cacheWritePicoUsd: 3_750_000,
      cacheWrite1hPicoUsd: 6_000_000,
    },
  });
});

test.each([
  ["", undefined, "https://api.anthropic.com"],
  ["", "http://127.0.0.1:4100", "http://127.0.0.1:4100"],
  [', api_base: "https://api.anthropic.com/"', "http://127.0.0.1:4100", "http://127.0.0.1:4100"],
  [
    ', api_base: "https://proxy.example/anthropic/"',
    "http://127.0.0.1:4100",
    "https://proxy.example/anthropic",
  ],
  [", api_base: os.environ/BASE", undefined, "https://from.env"],
])("address: %s with override %s is %s", (params, override, expected) => {
  const env = { ANTHROPIC_API_KEY: "x", BASE: "https://from.env" };
  expect(build(ONE(params), env, override).catalog.groups.get("m")?.[0]?.baseUrl).toBe(expected);
});

test("deployments of a group are tried by order, then as they stand", () => {
  const entry = (id: string, order: string) => `
  - model_name: m
    litellm_params: { model: anthropic/${id}, api_key: os.environ/ANTHROPIC_API_KEY${order} }`;
  const yaml = `model_list:${entry("a", "")}${entry("b", ", order: 2")}${entry("c", ", order: 1")}${entry("d", "")}`;
  expect(
    build(yaml)
      .catalog.groups.get("m")
      ?.map(({ upstreamModel }) => upstreamModel),
  ).toEqual(["c", "b", "a", "d"]);
});

test("an id of model_info is the deployment's; twice the same is refused", () => {
  expect(build(ONE("", "id: my-id")).catalog.groups.get("m")?.[0]?.id).toBe("my-id");
  const twice = `${ONE("", "id: my-id")}${ONE("", "id: my-id").replace("\nmodel_list:\n", "")}`;
  expect(() => build(twice)).toThrow("model_info.id my-id is there twice");
});

test("parameters of a deployment that change nothing are named", () => {
  expect(build(ONE(", rpm: 5, weight: 2")).notices).toEqual([
    "litellm_params.rpm of deployment m/0 has no effect yet",
    "litellm_params.weight of deployment m/0 has no effect yet",
  ]);
});

test("time limits and retries of a deployment are in force, and no longer said to be without effect", () => {
  const yaml = `${ONE(", timeout: 60, stream_timeout: 5, max_retries: 0")}
litellm_settings: { request_timeout: 600, num_retries: 1 }
router_settings: { timeout: 30 }
`;
  const { catalog, notices } = build(yaml);
  expect(catalog.groups.get("m")).toMatchObject([
    { timeouts: { firstEventMs: 5000, wholeMs: 60_000 }, maxRetries: 0 },
  ]);
  expect(catalog.routing.maxAttempts).toBe(2);
  expect(notices).toEqual([]);
});

test("an answer in the US costs more with Anthropic's newer models, with Bedrock it is part of the price", () => {
  const { catalog } = build(
    `
model_list:
  - { model_name: new, litellm_params: { model: anthropic/claude-opus-5, api_key: os.environ/ANTHROPIC_API_KEY } }
  - { model_name: old, litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY } }
  - model_name: own
    litellm_params: { model: anthropic/claude-opus-5, api_key: os.environ/ANTHROPIC_API_KEY }
    model_info:
      input_cost_per_token: 1e-06
      output_cost_per_token: 1e-06
      max_input_tokens: 5000
      provider_specific_entry: { us: 1.2 }
  - model_name: bedrock
    litellm_params: { model: bedrock/us.anthropic.claude-opus-5, aws_region_name: us-east-1 }
`,
    { ANTHROPIC_API_KEY: "secret", AWS_BEARER_TOKEN_BEDROCK: "secret" },
  );
  const of = (name: string) => catalog.groups.get(name)?.[0];
  expect(["new", "old", "own", "bedrock"].map((name) => of(name)?.prices?.usPercent)).toEqual([
    110,
    undefined,
    120,
    undefined,
  ]);
  expect(["new", "own"].map((name) => of(name)?.maxInputTokens)).toEqual([undefined, 5000]);
});
