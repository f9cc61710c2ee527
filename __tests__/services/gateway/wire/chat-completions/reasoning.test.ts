import { targetOf, translateChat } from "../../../../support/services/translate-chat";

const SUMMARIZED = { type: "adaptive", display: "summarized" };
const OMITTED = { type: "adaptive", display: "omitted" };
const DISABLED = { type: "disabled" };
const budget = (budget_tokens: number) => ({ type: "enabled", budget_tokens });

/** What is sent: thinking, effort, and max_tokens where it is not the model's. */
test.each<[string, object, unknown, string | undefined, number | undefined]>([
  // Thinks by a budget.
  ["claude-sonnet-4-5", {}, undefined, undefined, undefined],
  ["claude-sonnet-4-5", { reasoning_effort: "none" }, undefined, undefined, undefined],
  ["claude-sonnet-4-5", { reasoning_effort: "minimal" }, undefined, undefined, undefined],
  ["claude-sonnet-4-5", { reasoning_effort: "low" }, budget(4096), undefined, undefined],
  ["claude-sonnet-4-5", { reasoning_effort: "medium" }, budget(8192), undefined, undefined],
  ["claude-sonnet-4-5", { reasoning_effort: "high" }, budget(16_384), undefined, undefined],
  ["claude-sonnet-4-5", { reasoning_effort: "xhigh" }, budget(32_000), undefined, undefined],
  ["claude-sonnet-4-5", { reasoning_effort: "high", max_tokens: 1000 }, budget(16_384), undefined, 17_384],
  ["claude-sonnet-4-5", { reasoning_effort: "high", max_tokens: 60_000 }, budget(16_384), undefined, 64_000],
  ["claude-sonnet-4-5", { thinking: budget(2000), max_tokens: 8000 }, budget(2000), undefined, 8000],
  ["claude-sonnet-4-5", { thinking: budget(2000), max_tokens: 1000 }, budget(2000), undefined, 3000],
  ["claude-sonnet-4-5", { thinking: budget(10), max_tokens: 8000 }, budget(1024), undefined, 8000],
  ["claude-sonnet-4-5", { thinking: { type: "enabled" } }, budget(8192), undefined, undefined],
  ["claude-sonnet-4-5", { thinking: DISABLED }, undefined, undefined, undefined],
  ["claude-sonnet-4-5", { reasoning: { max_tokens: 3000 }, max_tokens: 8000 }, budget(3000), undefined, 8000],
  ["claude-opus-4-5", { reasoning_effort: "low" }, budget(4096), undefined, undefined],
  // Adaptive, off unless asked for.
  ["claude-opus-4-6", {}, undefined, undefined, undefined],
  ["claude-opus-4-6", { reasoning_effort: "none" }, DISABLED, undefined, undefined],
  ["claude-opus-4-6", { reasoning_effort: "medium" }, SUMMARIZED, "medium", undefined],
  ["claude-opus-4-6", { reasoning_effort: "xhigh" }, SUMMARIZED, "high", undefined],
  ["claude-opus-4-6", { reasoning_effort: "max" }, SUMMARIZED, "max", undefined],
  ["claude-opus-4-6", { thinking: budget(5000) }, budget(5000), undefined, undefined],
  ["claude-opus-4-7", { reasoning_effort: "xhigh" }, SUMMARIZED, "xhigh", undefined],
  ["claude-opus-4-7", { thinking: budget(4000) }, SUMMARIZED, "low", undefined],
  ["claude-opus-4-7", { thinking: budget(10_000) }, SUMMARIZED, "medium", undefined],
  ["claude-opus-4-7", { thinking: budget(31_999) }, SUMMARIZED, "high", undefined],
  ["claude-opus-4-7", { thinking: budget(31_999), reasoning_effort: "max" }, SUMMARIZED, "max", undefined],
  ["claude-opus-4-7", { thinking: { type: "adaptive" } }, SUMMARIZED, undefined, undefined],
  [
    "claude-opus-4-7",
    { thinking: { type: "adaptive", display: "omitted" }, reasoning_effort: "low" },
    OMITTED,
    "low",
    undefined,
  ],
  ["claude-opus-4-7", { reasoning: { enabled: true } }, SUMMARIZED, undefined, undefined],
  ["claude-opus-4-7", { reasoning: { enabled: false } }, DISABLED, undefined, undefined],
  ["claude-opus-4-7", { reasoning: { effort: "high", exclude: true } }, OMITTED, "high", undefined],
  ["claude-opus-4-7", { reasoning: {}, reasoning_effort: "high" }, SUMMARIZED, "high", undefined],
  [
    "claude-opus-4-7",
    { reasoning_effort: { effort: "high", summary: "auto" } },
    SUMMARIZED,
    "high",
    undefined,
  ],
  // Adaptive, on unless turned off.
  ["claude-sonnet-5", {}, SUMMARIZED, undefined, undefined],
  ["claude-sonnet-5", { reasoning_effort: "none" }, DISABLED, undefined, undefined],
  ["claude-sonnet-5", { reasoning_effort: "minimal" }, SUMMARIZED, "low", undefined],
  ["claude-opus-5", { reasoning_effort: "none" }, DISABLED, undefined, undefined],
  ["claude-haiku-5-5", { reasoning_effort: "none" }, DISABLED, undefined, undefined],
  // Adaptive, not to be turned off.
  ["claude-sonnet-5-5", { reasoning_effort: "none" }, { type: "between_tools" }, undefined, undefined],
  ["claude-opus-5-5", {}, SUMMARIZED, undefined, undefined],
  ["claude-opus-5-5", { reasoning_effort: "none" }, undefined, "low", undefined],
  ["claude-fable-5", { thinking: DISABLED }, undefined, "low", undefined],
])("%s %j", (model, fields, thinking, effort, maxTokens) => {
  const { request } = translateChat(fields, targetOf(model));
  expect(request["thinking"]).toEqual(thinking);
  expect(request["output_config"]).toEqual(effort && { effort });
  expect(request["max_tokens"]).toBe(maxTokens ?? translateChat({}, targetOf(model)).request["max_tokens"]);
});

test("thinking models take no sampling", () => {
  const { request, droppedParams } = translateChat({ temperature: 0, reasoning_effort: "low" });
  expect(request).not.toHaveProperty("temperature");
  expect(droppedParams).toEqual(["temperature"]);
});

test("too little room to think", () => {
  const { request, plan } = translateChat(
    { reasoning_effort: "high" },
    { ...targetOf("claude-sonnet-4-5"), maxOutputTokens: 2000 },
  );
  expect(request).not.toHaveProperty("thinking");
  expect(request["max_tokens"]).toBe(2000);
  expect(plan.degradations).toEqual(["reasoning=off"]);
});

describe("after tools, without the thinking before them", () => {
  const messages = (fields: object = {}) => [
    { role: "user", content: "hi" },
    { role: "assistant", ...fields, tool_calls: [{ id: "a", function: { name: "f", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "a", content: "ok" },
  ];
  const thinking_blocks = [{ type: "thinking", thinking: "hm", signature: "s" }];

  it("a budget is left out", () => {
    const { request, plan } = translateChat({ messages: messages(), reasoning_effort: "high" });
    expect(request).not.toHaveProperty("thinking");
    expect(plan.degradations).toEqual(["reasoning=off"]);
  });

  it("a budget stays where the thinking is there", () => {
    const { request, plan } = translateChat({
      messages: messages({ thinking_blocks }),
      reasoning_effort: "high",
    });
    expect(request["thinking"]).toEqual(budget(16_384));
    expect(request["messages"]).toMatchObject([
      {},
      { content: [...thinking_blocks, { type: "tool_use" }] },
      {},
    ]);
    expect(plan.degradations).toEqual([]);
  });

  it("a model that knows both goes by effort", () => {
    const { request } = translateChat(
      { messages: messages(), thinking: budget(2000) },
      targetOf("claude-opus-4-6"),
    );
    expect(request).toMatchObject({ thinking: SUMMARIZED, output_config: { effort: "low" } });
  });
});

test.each<[string, object]>([
  ["reasoning_effort", { reasoning_effort: "extreme" }],
  ["reasoning_effort", { reasoning_effort: 5 }],
  ["reasoning_effort", { reasoning_effort: "constructor" }],
  ["reasoning_effort.effort", { reasoning_effort: { effort: "x" } }],
  ["reasoning", { reasoning: "x" }],
  ["reasoning.effort", { reasoning: { effort: "x" } }],
  ["reasoning.max_tokens", { reasoning: { max_tokens: 0 } }],
  ["thinking", { thinking: true }],
  ["thinking.type", { thinking: {} }],
  ["thinking.budget_tokens", { thinking: { type: "enabled", budget_tokens: "x" } }],
])("%s is refused: %j", (param, fields) => {
  expect(() => translateChat(fields)).toThrow(expect.objectContaining({ name: "TranslationError", param }));
});
