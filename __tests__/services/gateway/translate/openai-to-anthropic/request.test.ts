import type { ChatCompletionRequest } from "../../../../../services/gateway/translate/openai-to-anthropic/openai-types";
import { translateRequest } from "../../../../../services/gateway/translate/openai-to-anthropic/request";
import { TranslationError } from "../../../../../services/gateway/translate/translation-error";

const SONNET = { upstreamModel: "claude-sonnet-4-5-20250929", mayDropParams: true };
const translate = (extra: object, target = SONNET) =>
  translateRequest(
    { model: "alias", messages: [{ role: "user", content: "hi" }], ...extra } as ChatCompletionRequest,
    target,
  );

test("the smallest request: the model's own maximum, always streamed", () => {
  expect(translate({})).toEqual({
    request: {
      model: "claude-sonnet-4-5-20250929",
      max_tokens: 64_000,
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      stream: true,
    },
    droppedParams: [],
  });
});

test.each([
  ["max_tokens", { max_tokens: 5 }, { max_tokens: 5 }],
  ["max_completion_tokens before max_tokens", { max_tokens: 5, max_completion_tokens: 6 }, { max_tokens: 6 }],
  ["more than the model can", { max_tokens: 1_000_000 }, { max_tokens: 64_000 }],
  ["one stop", { stop: "END" }, { stop_sequences: ["END"] }],
  ["several stops, blank ones left out", { stop: ["A", "\n", "", "B"] }, { stop_sequences: ["A", "B"] }],
  ["temperature", { temperature: 0 }, { temperature: 0 }],
  ["temperature over Anthropic's range", { temperature: 1.7 }, { temperature: 1 }],
  ["top_p", { top_p: 0.5 }, { top_p: 0.5 }],
])("%s", (_name, extra, expected) => {
  expect(translate(extra).request).toMatchObject(expected);
  expect(translate(extra).droppedParams).toEqual([]);
});

test("only blank stops is no stop", () => {
  expect(translate({ stop: [" "] }).request).not.toHaveProperty("stop_sequences");
});

test("both sampling parameters: temperature stays", () => {
  const { request, droppedParams } = translate({ temperature: 0.2, top_p: 0.9 });
  expect(request).toMatchObject({ temperature: 0.2 });
  expect(request).not.toHaveProperty("top_p");
  expect(droppedParams).toEqual(["top_p"]);
});

test.each(["claude-opus-5-5", "claude-sonnet-5", "claude-opus-4-8", "claude-unheard-of-9"])(
  "%s takes no sampling parameters",
  (upstreamModel) => {
    const { request, droppedParams } = translate({ temperature: 0 }, { ...SONNET, upstreamModel });
    expect(request).not.toHaveProperty("temperature");
    expect(request.max_tokens).toBe(128_000);
    expect(droppedParams).toEqual(["temperature"]);
  },
);

test("the deployment's own maximum goes before the model's", () => {
  const target = { ...SONNET, maxOutputTokens: 100 };
  expect(translate({}, target).request.max_tokens).toBe(100);
  expect(translate({ max_tokens: 101 }, target).request.max_tokens).toBe(100);
});

test.each([
  ["tools", { tools: [{}] }],
  ["tool_choice", { tool_choice: "required" }],
  ["functions", { functions: [{}] }],
  ["response_format", { response_format: { type: "json_object" } }],
  ["reasoning_effort", { reasoning_effort: "high" }],
  ["thinking", { thinking: { type: "enabled" } }],
  ["modalities", { modalities: ["text", "audio"] }],
  ["audio", { audio: { voice: "x" } }],
  ["top_k", { top_k: 5 }],
  ["web_search_options", { web_search_options: {} }],
  ["system", { system: "smuggled" }],
  ["n", { n: 2 }],
  ["max_tokens", { max_tokens: 0 }],
  ["max_tokens", { max_tokens: 1.5 }],
  ["max_completion_tokens", { max_completion_tokens: "many" }],
  ["temperature", { temperature: 3 }],
  ["temperature", { temperature: "hot" }],
  ["top_p", { top_p: 1.1 }],
  ["stop", { stop: [1] }],
])("%s is refused by name: %j", (param, extra) => {
  expect(() => translate(extra)).toThrow(expect.objectContaining({ name: "TranslationError", param }));
});

test.each([
  { tools: [] },
  { tools: null },
  { tool_choice: "auto" },
  { parallel_tool_calls: true },
  { response_format: { type: "text" } },
  { modalities: ["text"] },
  { frequency_penalty: 0, presence_penalty: 0 },
  { logprobs: false },
  { n: 1 },
  { user: "someone", stream: true, stream_options: { include_usage: true } },
])("what says nothing is accepted without a word: %j", (extra) => {
  expect(translate(extra).droppedParams).toEqual([]);
});

test("parameters that only tune are named when left out, or refused when the operator wants that", () => {
  const extra = { seed: 1, logit_bias: { 1: 1 }, metadata: { a: "b" } };
  expect(translate(extra).droppedParams).toEqual(["seed", "logit_bias", "metadata"]);
  expect(() => translate(extra, { ...SONNET, mayDropParams: false })).toThrow(TranslationError);
});
