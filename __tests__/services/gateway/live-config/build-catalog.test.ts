import {
  type BuiltCatalog,
  buildCatalog,
  buildLevels,
  readCallbackNames,
  readExtraPrices,
  readPrices,
  readRoutingSettings,
  readTimeouts,
} from "../../../../services/gateway/live-config/build-catalog";
import { parseConfigFile } from "../../../../services/gateway/live-config/load-catalog";
import { computeCostNanoUsd } from "../../../../services/gateway/money/pricing/cost";

describe("build catalog", () => {
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
    expect(() => build(twice)).toThrow("model_info.id my-id is used twice");
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
});

describe("read prices", () => {
  const infoOf = (info: string) =>
    parseConfigFile(`
model_list:
  - model_name: m
    litellm_params: { model: anthropic/claude-x }
    model_info: { ${info} }
`).model_list[0]?.model_info;
  const read = (info: string) => readPrices(infoOf(info));
  const readExtra = (info: string) => readExtraPrices(infoOf(info));
  const BASE = "input_cost_per_token: 3e-06, output_cost_per_token: 1.5e-05";

  test("no price is no price", () => {
    expect(read("mode: chat")).toBeUndefined();
  });

  test("what is left out of cache prices follows from the input price", () => {
    expect(read(BASE)).toEqual({
      inputPicoUsd: 3_000_000,
      outputPicoUsd: 15_000_000,
      cacheReadPicoUsd: 3_000_000,
      cacheWritePicoUsd: 3_750_000,
      cacheWrite1hPicoUsd: 6_000_000,
    });
  });

  test("LiteLLM's tiers, several of them, and what a tier does not say", () => {
    const prices = read(
      `${BASE}, cache_read_input_token_cost: 3e-07, input_cost_per_token_above_200k_tokens: 1.2e-05,
     input_cost_per_token_above_128k_tokens: 6e-06, output_cost_per_token_above_128k_tokens: 2.25e-05,
     cache_creation_input_token_cost_above_1hr_above_200k_tokens: 9.9e-05`,
    );
    expect(prices?.longPrompt).toEqual({
      aboveTokens: 128_000,
      prices: {
        inputPicoUsd: 6_000_000,
        outputPicoUsd: 22_500_000,
        cacheReadPicoUsd: 600_000,
        cacheWritePicoUsd: 7_500_000,
        cacheWrite1hPicoUsd: 12_000_000,
        longPrompt: {
          aboveTokens: 200_000,
          prices: {
            inputPicoUsd: 12_000_000,
            outputPicoUsd: 22_500_000,
            cacheReadPicoUsd: 1_200_000,
            cacheWritePicoUsd: 15_000_000,
            cacheWrite1hPicoUsd: 99_000_000,
          },
        },
      },
    });
    const cost = (inputTokens: number) =>
      prices &&
      computeCostNanoUsd({ inputTokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 }, prices);
    expect([cost(128_000), cost(128_001), cost(200_001)]).toEqual([384_000_000, 768_006_000, 2_400_012_000]);
  });

  test("a tier price of a name that nobody knows is refused", () => {
    expect(() => read(`${BASE}, input_cost_per_token_above_7k_tokens: 1`)).toThrow(/above_7k_tokens/);
  });

  test("what a search of the web costs, and an answer in the US, in LiteLLM's words", () => {
    const sizes =
      "search_context_size_low: 0.005, search_context_size_medium: 0.012, search_context_size_high: 0.01";
    expect(readExtra(`${BASE}, search_context_cost_per_query: { ${sizes} }`)).toEqual({
      webSearchNanoUsd: 12_000_000,
    });
    expect(readExtra(`${BASE}, provider_specific_entry: { us: 1.1, fast: 6 }`)).toEqual({ usPercent: 110 });
    expect(() => read(`${BASE}, provider_specific_entry: { us: 0.5 }`)).toThrow(/from 1 to 10/);
  });
});

describe("build levels", () => {
  const levels = (section: string, fallback?: string) =>
    buildLevels(parseConfigFile(`model_list: []\n${section}`), fallback);
  const OWN =
    "enforcement_settings: { levels: [{ name: pair, file: pair.md, strictness: 150 }], default_level: pair, minimum_by_scope: { ci: design-first } }";

  it.each([
    ["neither says one", "", undefined, "standard"],
    ["the environment says one", "", "design-first", "design-first"],
    [
      "the file says one, too: it counts",
      "enforcement_settings: { default_level: unrestricted }",
      "design-first",
      "unrestricted",
    ],
    ["the file's is a level of its own", OWN, "standard", "pair"],
    ["the environment's is a level of the file", OWN.replace("default_level: pair,", ""), "pair", "pair"],
  ])("default level: %s", (_what, section, fallback, expected) => {
    expect(levels(section, fallback).levelOf({}).name).toBe(expected);
  });

  it("has the file's minimums", () => {
    expect(levels(OWN).levelOf({ scope: "ci:shop", enforcement_level: "unrestricted" }).name).toBe(
      "design-first",
    );
  });

  it("names the variable when the fallback is no level", () => {
    expect(() => levels("", "strict")).toThrow(
      "DEFAULT_ENFORCEMENT_LEVEL: strict is not one of unrestricted, standard, design-first; correct it, or remove it for standard",
    );
  });
});

describe("routing settings", () => {
  const read = (settings: string) =>
    readRoutingSettings(parseConfigFile(`model_list: []\nrouter_settings: { ${settings} }`));

  test.each([
    ["", { maxAttempts: 3, allowedFails: 2, coolDownMs: 5000 }],
    [
      "num_retries: 0, allowed_fails: 0, cooldown_time: 1.5",
      { maxAttempts: 1, allowedFails: 0, coolDownMs: 1500 },
    ],
    ["cooldown_time: 9, disable_cooldowns: true", { coolDownMs: 0 }],
  ])("{ %s }", (settings, expected) => {
    expect(read(settings)).toMatchObject(expected);
  });

  test("num_retries of all models holds where the router's says nothing", () => {
    const file = (more: string) =>
      readRoutingSettings(parseConfigFile(`model_list: []\nlitellm_settings: { num_retries: 4 }\n${more}`));
    expect(file("")).toMatchObject({ maxAttempts: 5 });
    expect(file("router_settings: { num_retries: 0 }")).toMatchObject({ maxAttempts: 1 });
  });

  describe("time limits", () => {
    const timeoutsOf = (params: string, more = "") => {
      const file = parseConfigFile(
        `model_list:\n  - { model_name: m, litellm_params: { model: anthropic/m${params} } }\n${more}`,
      );
      return file.model_list.map(({ litellm_params: of }) => readTimeouts(of, file))[0];
    };
    const ROUTER = "router_settings: { timeout: 20, stream_timeout: 2 }\n";
    const ALL = "litellm_settings: { request_timeout: 6000 }\n";

    test.each([
      ["", "", undefined],
      [", timeout: 30", "", { wholeMs: 30_000 }],
      [", stream_timeout: 0.5", "", { firstEventMs: 500 }],
      [", timeout: 30, stream_timeout: 3", ROUTER + ALL, { firstEventMs: 3000, wholeMs: 30_000 }],
      ["", ROUTER + ALL, { firstEventMs: 2000, wholeMs: 20_000 }],
      ["", ALL, { wholeMs: 6_000_000 }],
    ])("{ model%s } and %j: the nearest one holds", (params, more, expected) => {
      expect(timeoutsOf(params, more)).toEqual(expected);
    });

    test.each([
      [", timeout: 0", ""],
      [", timeout: 7201", ""],
      [", stream_timeout: soon", ""],
      [", max_retries: 6", ""],
      ["", "router_settings: { timeout: -1 }"],
      ["", "router_settings: { stream_timeout: 0 }"],
      ["", "litellm_settings: { request_timeout: 1e9 }"],
      ["", "litellm_settings: { num_retries: 11 }"],
    ])("{ model%s } and %j is refused with its place", (params, more) => {
      expect(() => timeoutsOf(params, more)).toThrow(/^config\.yaml:\d+:\d+ [\w.]+: must be/);
    });
  });

  test.each(["num_retries: -1", "num_retries: 99", "cooldown_time: soon", "allowed_fails: 1.5"])(
    "{ %s } is refused with its place",
    (settings) => {
      expect(() => read(settings)).toThrow(/^config\.yaml:2:\d+ router_settings\.\w+: must be/);
    },
  );
});

test.each([
  ["", { success: [], failure: [], both: [] }],
  [
    'litellm_settings: { success_callback: ["a", "b"], failure_callback: [a], callbacks: ["x.y"] }',
    { success: ["a", "b"], failure: ["a"], both: ["x.y"] },
  ],
  [
    "litellm_settings: { success_callback: a, failure_callback: [1], callbacks: {} }",
    { success: ["a"], failure: [], both: [] },
  ],
])("%j", (settings, names) => {
  expect(readCallbackNames(parseConfigFile(`model_list: []\n${settings}`))).toEqual(names);
});
