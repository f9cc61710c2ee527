import { settingsChanges } from "../../../cli/plan/settings-changes";
import { renderGatewayConfig } from "../../../constructs/gateway-config";
import { platformConfig } from "../../support/platform-fixture";

const rendered = (yaml: string) => renderGatewayConfig(platformConfig(yaml));

const SONNET = "{ input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 }";
const model = (name: string, deployments: string, prices = SONNET) =>
  `  - { name: ${name}, deployments: [${deployments}], prices: ${prices}, maxOutputTokens: 64000 }\n`;
const ANTHROPIC = "{ provider: anthropic, model: claude-sonnet-4-5-20250929 }";
const BEDROCK = "{ provider: aws, model: anthropic.claude-sonnet-4-5 }";
const base = rendered(`models:\n${model("sonnet", ANTHROPIC)}`);
const PROVIDERS = "providers: { anthropic: { kind: anthropic }, aws: { kind: bedrock } }\n";

describe("settingsChanges", () => {
  it("is empty for files that say the same, however they are written", () => {
    expect(settingsChanges(base, base)).toEqual([]);
    expect(settingsChanges("a: 1\nb: 2\n", "b: 2\na: 1\n")).toEqual([]);
  });

  it.each([
    [
      "a price",
      `models:\n${model("sonnet", ANTHROPIC, SONNET.replace("input: 3,", "input: 3.5,"))}`,
      ["price of sonnet: input 3 → 3.5 USD per million tokens"],
    ],
    [
      "several prices in one line",
      `models:\n${model("sonnet", ANTHROPIC, SONNET.replace("output: 15", "output: 15.125").replace("cacheRead: 0.3", "cacheRead: 0"))}`,
      ["price of sonnet: output 15 → 15.125, cache read 0.3 → 0 USD per million tokens"],
    ],
    [
      "a model that comes",
      `models:\n${model("sonnet", ANTHROPIC)}${model("twin", ANTHROPIC)}`,
      [
        expect.stringMatching(
          /^model twin is new \(anthropic\/claude-sonnet-4-5-20250929 at https:\/\/api\.anthropic\.com; input 3, output 15, cache read 0.3/,
        ),
      ],
    ],
    [
      "a model that goes, which its clients notice",
      `models:\n${model("twin", ANTHROPIC)}`,
      ["model sonnet is removed: requests for it are refused", expect.stringMatching(/^model twin is new/)],
    ],
    [
      "a further deployment",
      `${PROVIDERS}models:\n${model("sonnet", `${ANTHROPIC}, ${BEDROCK}`)}`,
      [
        expect.stringMatching(
          /^model sonnet: also served by bedrock\/anthropic\.claude-sonnet-4-5 at us-east-1 \(input 3/,
        ),
      ],
    ],
    [
      "another provider's address",
      `providers: { anthropic: { kind: anthropic, baseUrl: "https://proxy.example.org" } }\nmodels:\n${model("sonnet", ANTHROPIC)}`,
      ["model sonnet: base URL https://api.anthropic.com → https://proxy.example.org"],
    ],
    [
      "the name of a credential",
      `providers: { anthropic: { kind: anthropic, apiKeyEnv: TEAM_KEY } }\nmodels:\n${model("sonnet", ANTHROPIC)}`,
      ["model sonnet: credential ANTHROPIC_API_KEY → TEAM_KEY"],
    ],
    [
      "enforcement",
      `models:\n${model("sonnet", ANTHROPIC)}enforcement: { default: design-first }`,
      ["default enforcement level: standard → design-first"],
    ],
  ])("says %s", (_what, yaml, expected) => expect(settingsChanges(base, rendered(yaml))).toEqual(expected));

  it("tells figures of scopes, which the key-provisioner has as JSON", () => {
    const settings = (budgetUsd: number) => JSON.stringify({ scopes: { ci: { budgetUsd } } });
    expect(settingsChanges(settings(5), settings(8))).toEqual(["scopes.ci.budgetUsd: 5 → 8"]);
  });

  it("compares what is no YAML by its lines, and follows no alias bomb", () => {
    expect(settingsChanges("a: [", "a: [\nb: ]")).toEqual(["configuration: 1 line added, 0 removed"]);
    const bomb = `a: &a [x,x]\n${[..."bcdefghijk"].map((name, at) => `${name}: &${name} [*${"abcdefghij"[at]},*${"abcdefghij"[at]}]`).join("\n")}`;
    expect(settingsChanges(bomb, "a: 1")).toHaveLength(1);
  });
});
