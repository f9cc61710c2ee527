import { type JsonValue, RawNumber } from "../../../../../services/gateway/json/json-value";
import type { MessagesTarget } from "../../../../../services/gateway/messages/request";
import {
  toCountedMessages,
  toMessages,
} from "../../../../../services/gateway/translate/messages/to-messages";
import { numberIn } from "../../../../../services/gateway/translate/to-messages/read-value";

const target: MessagesTarget = {
  upstreamModel: "claude-x",
  maxOutputTokens: undefined,
  api: "anthropic",
  mayDropParams: true,
};
const body = { model: "alias", max_tokens: 100, messages: [{ role: "user", content: "Hi" }] };

it("is passed on with the provider's name of the model", () => {
  const fields = {
    thinking: { type: "adaptive" },
    temperature: 1,
    new_field: [1],
    tools: [],
    metadata: { user_id: "u" },
  };
  expect(toMessages({ ...body, ...fields, system: "Be brief.", stream: true }, target)).toEqual({
    request: { ...body, ...fields, model: "claude-x", system: [{ type: "text", text: "Be brief." }] },
    droppedParams: ["new_field"],
    plan: {},
  });
});

it("names what is never sent on", () => {
  const { droppedParams } = toMessages(
    { ...body, api_base: "x", fallbacks: [], speed: null, stream: false, top_k: 1 },
    target,
  );
  expect(droppedParams).toEqual(["api_base", "fallbacks"]);
});

it("names labels of metadata that no provider is sent, not the ids that the audit row records", () => {
  const metadata = { user_id: "u", session_id: "s", trace_id: null, tags: ["a"] };
  const { droppedParams } = toMessages({ ...body, metadata, litellm_session_id: "s" }, target);
  expect(droppedParams).toEqual(["metadata.tags"]);
});

it("names what InvokeModel is not sent, which other APIs are", () => {
  const fields = {
    metadata: { user_id: "u", tags: ["a"] },
    service_tier: "auto",
    mcp_servers: [{ url: "https://a" }],
    cache_control: { type: "ephemeral" },
    tools: [{ name: "f", input_schema: {}, eager_input_streaming: true }],
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
  };
  const dropped = (api: MessagesTarget["api"]) =>
    toMessages({ ...body, ...fields }, { ...target, api }).droppedParams;
  expect(dropped("bedrock-invoke")).toEqual([
    ...["metadata", "service_tier", "mcp_servers", "cache_control"],
    ...["tools.eager_input_streaming", "tool_choice.disable_parallel_tool_use"],
  ]);
  expect(dropped("bedrock-messages")).toEqual(["metadata.tags"]);
  expect(dropped("anthropic")).toEqual(["metadata.tags"]);
});

it("says when the deployment gives shorter answers than asked for", () => {
  const plan = (max_tokens: number) =>
    toMessages({ ...body, max_tokens }, { ...target, maxOutputTokens: 50 }).plan;
  expect(plan(100)).toEqual({ degradations: ["max_tokens=50"] });
  expect(plan(50)).toEqual({});
});

it("leaves credentials out of tools, and names them", () => {
  const { request, droppedParams } = toMessages(
    { ...body, tools: [{ name: "f", input_schema: {}, api_key: "k" }] },
    target,
  );
  expect(request["tools"]).toEqual([{ name: "f", input_schema: {} }]);
  expect(droppedParams).toEqual(["tools.api_key"]);
});

it.each<[JsonValue, number | undefined, number]>([
  [1, undefined, 1],
  [100, 50, 50],
  [100, 200, 100],
  [new RawNumber("1e2"), undefined, 100],
  // What is known of the model, where the deployment does not say.
  [Number.MAX_SAFE_INTEGER, undefined, 128_000],
])("max_tokens %p, at most %p", (max_tokens, maxOutputTokens, expected) => {
  const { request, plan } = toMessages({ ...body, max_tokens }, { ...target, maxOutputTokens });
  expect(request.max_tokens).toBe(expected);
  const asked = numberIn(max_tokens);
  expect(plan).toEqual(asked === expected ? {} : { degradations: [`max_tokens=${expected}`] });
});

it("is no longer than the model's answers can be", () => {
  const upstreamModel = "claude-opus-4-1-20250805";
  const { request } = toMessages({ ...body, max_tokens: 64_000 }, { ...target, upstreamModel });
  expect(request.max_tokens).toBe(32_000);
});

it.each<[string, JsonValue | undefined, string]>([
  ["max_tokens", undefined, "max_tokens must be a whole number from 1 to 9007199254740991, not missing"],
  ["max_tokens", "10", "max_tokens must be a whole number from 1 to 9007199254740991, not text"],
  ["max_tokens", 0, "max_tokens must be at least 1; filling a cache with 0 is not supported"],
  ["max_tokens", -1, "max_tokens must be a whole number from 1 to 9007199254740991, not -1"],
  ["max_tokens", 1.5, "max_tokens must be a whole number from 1 to 9007199254740991, not 1.5"],
  [
    "max_tokens",
    new RawNumber("1e999"),
    "max_tokens must be a whole number from 1 to 9007199254740991, not Infinity",
  ],
  [
    "max_tokens",
    new RawNumber("9007199254740993"),
    "max_tokens must be a whole number from 1 to 9007199254740991, not 9007199254740992",
  ],
  ["model", undefined, "model must be text, not missing"],
  ["model", "", "model must be text, not empty"],
  ["messages", null, "messages must be a list, not null"],
  ["system", 5, "system must be text or a list of content blocks, not number"],
])("refuses %s %p", (param, value, message) => {
  expect(() => toMessages({ ...body, [param]: value }, target)).toThrow(
    expect.objectContaining({ param, message }),
  );
});

it("is counted without a length of the answer", () => {
  const { max_tokens: _maxTokens, ...counted } = body;
  expect(toCountedMessages(counted, target).request).toEqual({
    ...counted,
    model: "claude-x",
    max_tokens: 1,
  });
});

describe("the region that an answer is to stay in", () => {
  it("is asked of Anthropic", () => {
    const { request, droppedParams } = toMessages({ ...body, inference_geo: "us" }, target);
    expect(request["inference_geo"]).toBe("us");
    expect(droppedParams).toEqual([]);
  });

  it("is the deployment's with Bedrock: anywhere is left out, anything else is refused", () => {
    const bedrock: MessagesTarget = { ...target, api: "bedrock-messages" };
    const { request, droppedParams } = toMessages({ ...body, inference_geo: "global" }, bedrock);
    expect(request).not.toHaveProperty("inference_geo");
    expect(droppedParams).toEqual(["inference_geo"]);
    expect(() => toMessages({ ...body, inference_geo: "us" }, bedrock)).toThrow(
      expect.objectContaining({ param: "inference_geo", message: expect.stringContaining("Bedrock") }),
    );
    expect(toMessages({ ...body, inference_geo: null }, bedrock).droppedParams).toEqual([]);
  });
});
