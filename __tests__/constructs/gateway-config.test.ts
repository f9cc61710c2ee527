import { parse } from "yaml";
import { BUILT_IN_LEVELS } from "../../constructs/config/sections/enforcement";
import { credentialNames, renderGatewayConfig } from "../../constructs/gateway-config";
import { BUILT_IN_LEVELS as GATEWAY_LEVELS } from "../../services/gateway/enforcement/levels";
import { buildCatalog, buildLevels } from "../../services/gateway/live-config/build-catalog";
import { parseConfigFile } from "../../services/gateway/live-config/load-catalog";
import { platformConfig } from "../support/platform-fixture";

describe("renderGatewayConfig", () => {
  it("writes LiteLLM's format, prices per token, credentials by name", () => {
    const config = parse(renderGatewayConfig(platformConfig()));
    expect(config.model_list[0]).toEqual({
      model_name: "claude-sonnet-4-5",
      litellm_params: {
        model: "anthropic/claude-sonnet-4-5-20250929",
        api_base: "https://api.anthropic.com",
        api_key: "os.environ/ANTHROPIC_API_KEY",
        order: 1,
      },
      model_info: {
        max_output_tokens: 64000,
        input_cost_per_token: 3e-6,
        output_cost_per_token: 1.5e-5,
        cache_read_input_token_cost: 3e-7,
        cache_creation_input_token_cost: 3.75e-6,
        cache_creation_input_token_cost_above_1hr: 6e-6,
      },
    });
    expect(config.litellm_settings.callbacks).toEqual(["enforcement_hook.proxy_handler_instance"]);
  });

  it("writes the levels of enforcement, and who has which", () => {
    const settings = (yaml: string) => parse(renderGatewayConfig(platformConfig(yaml))).enforcement_settings;
    expect(settings("")).toEqual({ default_level: "standard", minimum_by_scope: {}, levels: [] });
    // Any file of prompts/ will do: what it says does not matter here.
    const own = { name: "pair", file: "standard.md", strictness: 150 };
    expect(
      settings(
        `enforcement: { default: pair, minimum: { "agent:write": design-first }, levels: [${JSON.stringify(own)}] }`,
      ),
    ).toEqual({ default_level: "pair", minimum_by_scope: { "agent:write": "design-first" }, levels: [own] });
  });

  it("is what the gateway takes, and both know the same standard levels", () => {
    const file = parseConfigFile(
      renderGatewayConfig(platformConfig("enforcement: { minimum: { '*': standard } }")),
    );
    expect(buildLevels(file).levelOf({ enforcement_level: "unrestricted" }).name).toBe("standard");
    expect(BUILT_IN_LEVELS).toEqual(GATEWAY_LEVELS);
  });

  it("keeps the order of deployments, and a deployment's own prices", () => {
    const source = platformConfig(`
providers:
  anthropic: { kind: anthropic }
  bedrock: { kind: bedrock, region: eu-central-1 }
models:
  - name: sonnet
    prices: { input: 3, output: 15 }
    deployments:
      - { provider: anthropic, model: claude-sonnet-4-5-20250929 }
      - { provider: bedrock, model: us.anthropic.claude-sonnet-4-5-20250929-v1:0, prices: { input: 3.3, output: 16.5 } }
`);
    const [first, second] = parse(renderGatewayConfig(source)).model_list;
    expect([first.litellm_params.order, second.litellm_params.order]).toEqual([1, 2]);
    expect(second.litellm_params).toMatchObject({
      aws_region_name: "eu-central-1",
      aws_access_key_id: "os.environ/AWS_ACCESS_KEY_ID",
    });
    expect(second.model_info.input_cost_per_token).toBe(3.3e-6);
    expect(credentialNames(source.providers)).toEqual([
      "ANTHROPIC_API_KEY",
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
    ]);
  });

  it("names a session token only when the provider has one", () => {
    const render = (more: string) => {
      const source = platformConfig(`
providers: { bedrock: { kind: bedrock${more} } }
models: [{ name: m, deployments: [{ provider: bedrock, model: x }], prices: { input: 1, output: 1 } }]
`);
      const [{ litellm_params: params }] = parse(renderGatewayConfig(source)).model_list;
      return [params.aws_session_token, credentialNames(source.providers)[2]];
    };
    expect(render("")).toEqual([undefined, undefined]);
    expect(render(", sessionTokenEnv: AWS_SESSION_TOKEN")).toEqual([
      "os.environ/AWS_SESSION_TOKEN",
      "AWS_SESSION_TOKEN",
    ]);
  });

  it("names a variable once that providers share", () => {
    const { providers } = platformConfig(`
providers:
  a: { kind: anthropic, apiKeyEnv: TEAM_KEY }
  b: { kind: anthropic, apiKeyEnv: TEAM_KEY, baseUrl: "https://proxy.example" }
  c: { kind: bedrock }
  d: { kind: bedrock, region: eu-central-1 }
models: [{ name: m, deployments: [{ provider: a, model: x }], prices: { input: 1, output: 1 } }]
`);
    expect(credentialNames(providers)).toEqual(["TEAM_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
  });

  it("is read by the gateway without a notice", () => {
    const file = parseConfigFile(renderGatewayConfig(platformConfig()));
    const env = { ANTHROPIC_API_KEY: "key", LITELLM_MASTER_KEY: "sk-key", DATABASE_URL: "postgres://x" };
    expect(buildCatalog(file, { env, nowMs: 0 }).notices).toEqual([]);
  });

  it("turns every price into a whole number of nano-dollars", () => {
    const source = platformConfig(
      "models: [{ name: m, deployments: [{ provider: anthropic, model: x }], prices: { input: 0.001, output: 9999.999 } }]",
    );
    const [{ model_info: info }] = parse(renderGatewayConfig(source)).model_list;
    expect(info.input_cost_per_token * 1e9).toBeCloseTo(1, 9);
    expect(Math.round(info.output_cost_per_token * 1e9)).toBe(9_999_999);
  });
});
