import { readBedrockTarget } from "../../../../services/gateway/live-config/provider-access";

const MODEL = "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const ENV = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "us-east-1" };
const NAMED = { aws_access_key_id: "os.environ/MY_ID", aws_secret_access_key: "os.environ/MY_SECRET" };
const read = (params: object, env: Record<string, string> = ENV) => {
  const target = readBedrockTarget({ model: MODEL, ...params }, env);
  if (typeof target === "string") return target;
  const { access } = target;
  const { credentials } = access;
  return {
    ...target,
    access: { region: access.region, api: access.api },
    credentials: Object.fromEntries(
      Object.entries(credentials).map(([name, value]) => [name, value?.expose()]),
    ),
  };
};

test.each([
  ["the usual variables", {}, ENV, { accessKeyId: "id", secretAccessKey: "secret" }],
  [
    "temporary keys",
    {},
    { ...ENV, AWS_SESSION_TOKEN: "token" },
    { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" },
  ],
  [
    "named variables, without the token of the usual ones",
    NAMED,
    { ...ENV, MY_ID: "my-id", MY_SECRET: "my-secret", AWS_SESSION_TOKEN: "token" },
    { accessKeyId: "my-id", secretAccessKey: "my-secret" },
  ],
  [
    "named variables and their token, before a key of the environment",
    { ...NAMED, aws_session_token: "os.environ/MY_TOKEN" },
    { ...ENV, MY_ID: "my-id", MY_SECRET: "my-secret", MY_TOKEN: "my-token", AWS_BEARER_TOKEN_BEDROCK: "b" },
    { accessKeyId: "my-id", secretAccessKey: "my-secret", sessionToken: "my-token" },
  ],
  ["a Bedrock API key", {}, { ...ENV, AWS_BEARER_TOKEN_BEDROCK: "bearer" }, { apiKey: "bearer" }],
  ["a named API key", { api_key: "os.environ/MY_KEY" }, { ...ENV, MY_KEY: "key" }, { apiKey: "key" }],
])("%s", (_name, params, env, credentials) => {
  expect(read(params, env as Record<string, string>)).toMatchObject({ credentials });
});

test.each([
  ["no keys", {}, { AWS_REGION: "us-east-1" }, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"],
  [
    "half the keys",
    {},
    { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "a" },
    "AWS_SECRET_ACCESS_KEY is not set",
  ],
  ["no API key", { api_key: "os.environ/MY_KEY" }, ENV, "MY_KEY is not set"],
  ["no region", {}, { ...ENV, AWS_REGION: "" }, /^no region: /],
  ["a region that is none", { aws_region_name: "evil.example/" }, ENV, /is not a region/],
  ["Converse", { model: "bedrock/converse/x" }, ENV, /converse/],
])("%s: not used, and why", (_name, params, env, reason) => {
  const target = read(params, env as Record<string, string>);
  if (typeof reason === "string") expect(target).toBe(reason);
  else expect(target).toMatch(reason);
});

test.each([
  [MODEL, "invoke", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"],
  ["bedrock/invoke/anthropic.claude-opus-5", "invoke", "anthropic.claude-opus-5"],
  ["bedrock/messages/anthropic.claude-opus-5", "messages", "anthropic.claude-opus-5"],
  ["bedrock/arn:aws:bedrock:x:1:inference-profile/y", "invoke", "arn:aws:bedrock:x:1:inference-profile/y"],
])("%s: %s of %s", (model, api, upstreamModel) => {
  expect(read({ model })).toMatchObject({ access: { api }, upstreamModel });
});

test.each([
  ["eu-central-1", "https://bedrock-runtime.eu-central-1.amazonaws.com"],
  ["us-gov-west-1", "https://bedrock-runtime.us-gov-west-1.amazonaws.com"],
  ["cn-north-1", "https://bedrock-runtime.cn-north-1.amazonaws.com.cn"],
])("region %s is at %s", (region, baseUrl) => {
  expect(read({ aws_region_name: region })).toMatchObject({ access: { region }, baseUrl });
  expect(read({ aws_region_name: "os.environ/R" }, { ...ENV, R: region })).toMatchObject({ baseUrl });
});
