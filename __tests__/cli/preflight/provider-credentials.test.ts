import { describeUnusable, usableModels } from "../../../cli/preflight/provider-credentials";
import { platformConfig } from "../../support/platform-fixture";

const config = platformConfig(`providers:
  anthropic: { kind: anthropic, apiKeyEnv: ANTHROPIC_API_KEY }
  aws: { kind: bedrock, region: eu-central-1, accessKeyIdEnv: AWS_ID, secretAccessKeyEnv: AWS_SECRET, sessionTokenEnv: AWS_TOKEN }
models:
  - { name: one, prices: { input: 1, output: 2 }, maxOutputTokens: 1000, deployments: [{ provider: anthropic, model: m }] }
  - { name: two, prices: { input: 1, output: 2 }, maxOutputTokens: 1000, deployments: [{ provider: anthropic, model: m }, { provider: aws, model: m }] }
`);

it("a model can be used when one of its providers has its credentials; a session token is not needed", () => {
  const models = usableModels(config, { aws_id: "x", aws_secret: "y" });
  expect(models).toEqual({ usable: ["two"], unusable: [{ model: "one", missing: ["ANTHROPIC_API_KEY"] }] });
  expect(describeUnusable(models)).toMatch(
    /^one cannot be used: ANTHROPIC_API_KEY has no value\n {2}→ export/,
  );
});

it("says when there is no usable model at all, and nothing when all are", () => {
  expect(describeUnusable(usableModels(config, {}))).toMatch(
    /^no model can be used: ANTHROPIC_API_KEY, AWS_ID, AWS_SECRET have no value/,
  );
  expect(describeUnusable(usableModels(config, { anthropic_api_key: "z" }))).toBeUndefined();
});
