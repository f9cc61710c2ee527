import { parsePlatform } from "../../constructs";
import {
  type KeyPolicy,
  keyPolicy,
  renderKeyProvisionerConfig,
} from "../../constructs/key-provisioner-config";
import { Settings } from "../../services/key-provisioner/settings";

const policy = (yaml = ""): KeyPolicy => keyPolicy(parsePlatform(`apiVersion: sluice/v1\n${yaml}`));
const settings = (yaml?: string) => new Settings(renderKeyProvisionerConfig(policy(yaml)));

it("has the figures of each scope, which the key-provisioner reads", () => {
  const { scopes } = settings();
  expect(scopes.workspace).toEqual({
    budgetUsd: 10,
    period: "1d",
    requestsPerMinute: 60,
    tokensPerMinute: 100_000,
    parallelRequests: 5,
    models: [],
  });
  expect([scopes.user.budgetUsd, scopes.ci.budgetUsd]).toEqual([20, 5]);
  expect([scopes.agentReview.requestsPerMinute, scopes.agentWrite.requestsPerMinute]).toEqual([40, 60]);
});

it("picks models by the role of a scope among those that there are", () => {
  const { ci, agentReview, agentWrite } = settings().scopes;
  expect(ci.models).toEqual(["claude-haiku-4-5"]);
  expect(agentReview.models).toEqual(["claude-sonnet-4-5", "claude-haiku-4-5"]);
  expect(agentWrite.models).toEqual([]);
});

it("gives pipelines the cheapest model where none is small by its name, and takes what is chosen", () => {
  const model = (name: string, output: number) =>
    `{ name: ${name}, deployments: [{ provider: anthropic, model: x }], prices: { input: 1, output: ${output} } }`;
  const models = `models: [${model("large", 9)}, ${model("small", 2)}]\n`;
  expect(settings(models).scopes.ci.models).toEqual(["small"]);
  expect(settings(models).scopes.agentReview.models).toEqual([]);
  expect(
    settings(`${models}scopes: { ci: { models: all }, user: { models: [large] } }`).scopes,
  ).toMatchObject({
    ci: { models: [] },
    user: { models: ["large"] },
  });
});

it("has the levels and minimums of the gateway, own ones included", () => {
  const own = settings(
    "enforcement: { default: careful, minimum: { workspace: standard }, levels: [{ name: careful, file: standard.md, strictness: 50 }] }",
  );
  expect(own.clamp(undefined, "user:ada", "ada").name).toBe("careful");
  expect(own.clamp(undefined, "workspace:1", "ada").name).toBe("standard");
});

it("has users' own minimums", () => {
  const user = "{ username: ada, email: ada@example.com, login: oidc, minimumLevel: design-first }";
  const clamp = (name: string) =>
    settings(`coder: { users: [${user}] }`).clamp("unrestricted", "workspace:1", name).name;
  expect([clamp("Ada"), clamp("bob")]).toEqual(["design-first", "unrestricted"]);
});
