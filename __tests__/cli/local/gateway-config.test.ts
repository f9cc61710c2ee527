import { parse } from "yaml";
import {
  providersWithCredentials,
  renderLocalGatewayConfig,
  SIMULATED_KEY_ENV,
} from "../../../cli/local/gateway-config";
import { parsePlatform } from "../../../constructs/config/load";

const DEFAULTS = parsePlatform("apiVersion: sluice/v1\n", "platform.yaml");
const TWO = parsePlatform(
  `apiVersion: sluice/v1
providers:
  anthropic: { kind: anthropic, apiKeyEnv: MY_KEY }
  aws: { kind: bedrock }
models:
  - name: sonnet
    deployments: [{ provider: aws, model: eu.anthropic.claude }, { provider: anthropic, model: claude }]
    prices: { input: 3, output: 15 }
`,
  "platform.yaml",
);

describe("renderLocalGatewayConfig", () => {
  it("is the deployed configuration when a provider is real", () => {
    const [sonnet] = parse(renderLocalGatewayConfig(DEFAULTS)).model_list;
    expect(sonnet.litellm_params).toMatchObject({
      model: "anthropic/claude-sonnet-4-5-20250929",
      api_base: "https://api.anthropic.com",
      api_key: "os.environ/ANTHROPIC_API_KEY",
    });
    expect(sonnet.model_info).toMatchObject({ input_cost_per_token: 3e-6, output_cost_per_token: 1.5e-5 });
  });

  it("sends every deployment to the simulated provider when there is one", () => {
    const { model_list } = parse(renderLocalGatewayConfig(TWO, "http://127.0.0.1:5000"));
    expect(model_list).toHaveLength(2);
    for (const { litellm_params } of model_list) {
      expect(litellm_params.model).toMatch(/^anthropic\//);
      expect(litellm_params.api_base).toBe("http://127.0.0.1:5000");
      expect(litellm_params.api_key).toBe(`os.environ/${SIMULATED_KEY_ENV}`);
    }
  });
});

describe("providersWithCredentials", () => {
  it.each([
    [{}, []],
    [{ MY_KEY: "" }, []],
    [{ MY_KEY: "k" }, ["anthropic"]],
    [{ AWS_ACCESS_KEY_ID: "a" }, []],
    [{ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "s" }, ["aws"]],
  ])("finds in %j: %j", (env, expected) =>
    expect(providersWithCredentials(TWO.providers, env)).toEqual(expected),
  );
});
