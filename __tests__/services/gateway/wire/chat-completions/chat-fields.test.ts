import { SONNET_4_5, targetOf, translateChat } from "../../../../support/services/translate-chat";

const HASH_OF_ME = "^[0-9a-f]{64}$";

test("the smallest request: the model's own maximum, always streamed", () => {
  expect(translateChat({})).toEqual({
    request: {
      model: "claude-sonnet-4-5-20250929",
      max_tokens: 64_000,
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      stream: true,
    },
    droppedParams: [],
    plan: {
      includeUsage: false,
      renamedTools: new Map(),
      hiddenJsonTool: undefined,
      isJsonText: false,
      isLegacyFunctionCall: false,
      degradations: [],
    },
  });
});

test.each([
  ["max_tokens", { max_tokens: 5 }, { max_tokens: 5 }],
  ["max_completion_tokens before max_tokens", { max_tokens: 5, max_completion_tokens: 6 }, { max_tokens: 6 }],
  ["max_tokens null", { max_tokens: null }, { max_tokens: 64_000 }],
  ["more than the model can", { max_tokens: 1_000_000 }, { max_tokens: 64_000 }],
  ["one stop", { stop: "END" }, { stop_sequences: ["END"] }],
  ["several stops", { stop: ["A", "", "B"] }, { stop_sequences: ["A", "B"] }],
  ["an empty stop", { stop: "" }, { stop_sequences: undefined }],
  ["temperature", { temperature: 0 }, { temperature: 0 }],
  ["temperature over Anthropic's range", { temperature: 1.7 }, { temperature: 1 }],
  ["top_p", { top_p: 0.5 }, { top_p: 0.5 }],
  [
    "top_p that limits nothing beside temperature",
    { temperature: 0.2, top_p: 1 },
    { temperature: 0.2, top_p: undefined },
  ],
  ["top_k", { top_k: 40 }, { top_k: 40 }],
  ["top_k without meaning", { top_k: -1 }, { top_k: undefined }],
  ["stream false", { stream: false }, { stream: true }],
  ["automatic caching", { cache_control: { type: "ephemeral" } }, { cache_control: { type: "ephemeral" } }],
])("%s", (_name, fields, expected) => {
  const { request, droppedParams } = translateChat(fields);
  expect(request).toEqual(expect.objectContaining(JSON.parse(JSON.stringify(expected))));
  for (const [name, value] of Object.entries(expected))
    if (value === undefined) expect(request).not.toHaveProperty(name);
  expect(droppedParams).toEqual([]);
});

test.each([
  [
    ["A", "\n", "B"],
    ["A", "B"],
  ],
  [" ", undefined],
])("blank stops are left out, and that is told: %j", (stop, sent) => {
  const { request, droppedParams } = translateChat({ stop });
  expect(request["stop_sequences"]).toEqual(sent);
  expect(droppedParams).toEqual(["stop"]);
});

test.each([
  [{ temperature: 1.7 }, ["temperature=1"]],
  [{ temperature: 1 }, []],
  [{ max_tokens: 64_001 }, ["max_tokens=64000"]],
  [{ max_tokens: 64_000 }, []],
  [{ reasoning_effort: "high", max_tokens: 2000 }, []],
])("%j is told as %j", (fields, told) => {
  expect(translateChat(fields).plan.degradations).toEqual(told);
});

test.each([
  ["user", { user: "me@example.org" }],
  ["safety_identifier before user", { user: "x", safety_identifier: "me@example.org" }],
])("%s is sent as a hash", (_name, fields) => {
  const { metadata } = translateChat(fields).request as { metadata: { user_id: string } };
  expect(metadata).toEqual({ user_id: expect.stringMatching(HASH_OF_ME) });
  expect(metadata).toEqual(translateChat({ user: "me@example.org" }).request["metadata"]);
});

test("Bedrock's InvokeModel takes neither a user nor automatic caching", () => {
  const { request, droppedParams } = translateChat(
    { user: "me", cache_control: { type: "ephemeral" } },
    targetOf("anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock-invoke"),
  );
  expect(request).not.toHaveProperty("metadata");
  expect(request).not.toHaveProperty("cache_control");
  expect(droppedParams).toEqual(["cache_control", "user"]);
});

test.each(["claude-opus-5-5", "claude-sonnet-5", "claude-opus-4-8", "claude-unheard-of-9"])(
  "%s takes no sampling parameters",
  (model) => {
    const { request, droppedParams } = translateChat(
      { temperature: 0, top_p: 0.5, top_k: 3 },
      targetOf(model),
    );
    for (const name of ["temperature", "top_p", "top_k"]) expect(request).not.toHaveProperty(name);
    expect(request["max_tokens"]).toBe(128_000);
    expect(droppedParams).toEqual(["temperature", "top_p", "top_k"]);
  },
);

test("both sampling parameters: temperature stays", () => {
  const { request, droppedParams } = translateChat({ temperature: 0.2, top_p: 0.9 });
  expect(request).toMatchObject({ temperature: 0.2 });
  expect(request).not.toHaveProperty("top_p");
  expect(droppedParams).toEqual(["top_p"]);
});

test("the deployment's own maximum goes before the model's", () => {
  const target = { ...SONNET_4_5, maxOutputTokens: 100 };
  expect(translateChat({}, target).request["max_tokens"]).toBe(100);
  expect(translateChat({ max_tokens: 101 }, target).request["max_tokens"]).toBe(100);
});

const DROPPED: readonly [string, unknown][] = [
  ["logprobs", true],
  ["top_logprobs", 3],
  ["logit_bias", { "50256": -100 }],
  ["frequency_penalty", 0.5],
  ["presence_penalty", 0.5],
  ["seed", 7],
  ["prediction", { type: "content", content: "x" }],
  ["audio", { voice: "x" }],
  ["store", true],
  ["verbosity", "low"],
  ["web_search_options", { user_location: {} }],
  ["prompt_cache_key", "k"],
  ["prompt_cache_retention", "24h"],
  ["prompt_cache_options", { mode: "x" }],
  ["moderation", { mode: "x" }],
  ["metadata", { a: "b" }],
  ["service_tier", "priority"],
  // Not of the API: nothing that the gateway does not know reaches the provider.
  ["system", "smuggled"],
  ["thread", { continue: "t" }],
  ["fallbacks", ["other"]],
  ["api_base", "http://evil.example"],
  ["extra_headers", { "x-a": "b" }],
  ["mcp_servers", [{ url: "https://x" }]],
  ["container", "c"],
  ["anthropic_beta", ["x"]],
  ["output_config", { effort: "max" }],
];

describe.each(DROPPED)("%s", (field, value) => {
  it("is left out, and said so", () => {
    const { request, droppedParams } = translateChat({ [field]: value });
    expect(droppedParams).toEqual([field]);
    expect(request).toEqual(translateChat({}).request);
  });

  it("is refused where the gateway may leave nothing out", () => {
    expect(() => translateChat({ [field]: value }, { ...SONNET_4_5, mayDropParams: false })).toThrow(
      expect.objectContaining({ name: "TranslationError", param: field }),
    );
  });
});

test.each([
  { frequency_penalty: 0 },
  { presence_penalty: 0 },
  { logprobs: false, top_logprobs: 0 },
  { logit_bias: {} },
  { store: false },
  { modalities: ["text"] },
  { service_tier: "auto" },
  { n: 1 },
  { n: null },
  { seed: null },
  { tools: [] },
  { functions: [] },
  { stop: null },
  { response_format: { type: "text" } },
  { stream_options: { include_obfuscation: false } },
])("%j means nothing", (fields) => {
  const { request, droppedParams } = translateChat(fields, { ...SONNET_4_5, mayDropParams: false });
  expect(request).toEqual(translateChat({}).request);
  expect(droppedParams).toEqual([]);
});

test("names for the header are printable and few", () => {
  const odd = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`é\r\n${index}${"x".repeat(99)}`, 1]),
  );
  const { droppedParams } = translateChat(odd);
  expect(droppedParams).toHaveLength(32);
  expect(droppedParams[7]).toBe(`___7${"x".repeat(60)}`);
});

test.each([
  ["n", { n: 2 }],
  ["n", { n: "1" }],
  ["modalities", { modalities: ["text", "audio"] }],
  ["max_tokens", { max_tokens: 0 }],
  ["max_tokens", { max_tokens: 1.5 }],
  ["max_completion_tokens", { max_completion_tokens: "many" }],
  ["temperature", { temperature: 3 }],
  ["temperature", { temperature: "hot" }],
  ["top_p", { top_p: 1.1 }],
  ["top_k", { top_k: "x" }],
  ["stop", { stop: [1] }],
  ["user", { user: 5 }],
  ["stream_options", { stream_options: true }],
  ["messages", { messages: undefined }],
  ["messages", { messages: "hi" }],
  ["messages", { messages: [] }],
])("%s is refused: %j", (param, fields) => {
  expect(() => translateChat(fields)).toThrow(expect.objectContaining({ name: "TranslationError", param }));
});

test.each([
  [{ stream_options: { include_usage: true } }, true],
  [{ stream_options: { include_usage: false } }, false],
  [{ stream_options: null }, false],
])("%j: usage is included: %s", (fields, includeUsage) => {
  expect(translateChat(fields).plan.includeUsage).toBe(includeUsage);
});
