import { buildCatalog } from "../../../../services/gateway/config-file/build-catalog";
import { MODEL_INFO_NAMES } from "../../../../services/gateway/config-file/model-entry";
import { parseConfigFile } from "../../../../services/gateway/config-file/parse";
import { callApp } from "../../../support/services/call-app";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

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
  expect(names((await get("/model/info", "sk-haiku-only-00000")).json().data)).toEqual(["claude-haiku-4-5"]);
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
