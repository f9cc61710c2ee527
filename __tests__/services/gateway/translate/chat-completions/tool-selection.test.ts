import { targetOf, translateChat } from "../../../../support/services/translate-chat";

const fn = (name: string) => ({ type: "function", function: { name } });
const TOOLS = { tools: [fn("a"), fn("b")] };
const namesOf = (tools: unknown) => (tools as { name: string }[] | undefined)?.map(({ name }) => name);
const allowed = (mode: string | undefined, ...names: string[]) => ({
  type: "allowed_tools",
  allowed_tools: { mode, tools: names.map(fn) },
});

test.each<[string, object, object | undefined, string[]]>([
  ["nothing", {}, undefined, ["a", "b"]],
  ["null", { tool_choice: null }, undefined, ["a", "b"]],
  ["auto", { tool_choice: "auto" }, { type: "auto" }, ["a", "b"]],
  ["none keeps the tools", { tool_choice: "none" }, { type: "none" }, ["a", "b"]],
  ["required", { tool_choice: "required" }, { type: "any" }, ["a", "b"]],
  ["a function", { tool_choice: fn("b") }, { type: "tool", name: "b" }, ["a", "b"]],
  ["allowed_tools, auto", { tool_choice: allowed("auto", "b") }, { type: "auto" }, ["b"]],
  ["allowed_tools, required", { tool_choice: allowed("required", "b", "a") }, { type: "any" }, ["a", "b"]],
  ["allowed_tools without a mode", { tool_choice: allowed(undefined, "a") }, undefined, ["a"]],
  [
    "allowed_tools, flat",
    { tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "a" }] } },
    { type: "auto" },
    ["a"],
  ],
  ["parallel", { parallel_tool_calls: true }, undefined, ["a", "b"]],
  [
    "one at a time",
    { parallel_tool_calls: false },
    { type: "auto", disable_parallel_tool_use: true },
    ["a", "b"],
  ],
  [
    "one at a time, required",
    { parallel_tool_calls: false, tool_choice: "required" },
    { type: "any", disable_parallel_tool_use: true },
    ["a", "b"],
  ],
  [
    "one at a time of none",
    { parallel_tool_calls: false, tool_choice: "none" },
    { type: "none" },
    ["a", "b"],
  ],
])("%s", (_name, fields, choice, names) => {
  const { request, plan } = translateChat({ ...TOOLS, ...fields });
  expect(request["tool_choice"]).toEqual(choice);
  expect(namesOf(request["tools"])).toEqual(names);
  expect(plan.degradations).toEqual([]);
});

test.each([
  { tool_choice: "auto" },
  { tool_choice: "required" },
  { parallel_tool_calls: false },
  { tool_choice: "none" },
])("%j without tools", (fields) => {
  expect(translateChat(fields).request).toEqual(translateChat({}).request);
});

describe.each(["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1", "claude-unheard-of"])(
  "%s lets no tool be demanded",
  (model) => {
    it("any tool becomes a hint", () => {
      const { request, plan } = translateChat({ ...TOOLS, tool_choice: "required" }, targetOf(model));
      expect(request["tool_choice"]).toEqual({ type: "auto" });
      expect(namesOf(request["tools"])).toEqual(["a", "b"]);
      expect(request["system"]).toEqual([
        { type: "text", text: "Call one of the tools in this turn; do not answer with text alone." },
      ]);
      expect(plan.degradations).toEqual(["tool_choice=auto"]);
    });

    it("a tool becomes the only one", () => {
      const { request, plan } = translateChat({ ...TOOLS, tool_choice: fn("b") }, targetOf(model));
      expect(request["tool_choice"]).toEqual({ type: "auto" });
      expect(namesOf(request["tools"])).toEqual(["b"]);
      expect(plan.degradations).toEqual(["tool_choice=auto"]);
    });
  },
);

test("nor does an older model that thinks by a budget", () => {
  const { request, plan } = translateChat({ ...TOOLS, tool_choice: "required", reasoning_effort: "high" });
  expect(request["tool_choice"]).toEqual({ type: "auto" });
  expect(plan.degradations).toEqual(["tool_choice=auto"]);
});

test("Bedrock's InvokeModel does not know one call at a time", () => {
  const target = targetOf("anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock-invoke");
  const { request, droppedParams } = translateChat({ ...TOOLS, parallel_tool_calls: false }, target);
  expect(request).not.toHaveProperty("tool_choice");
  expect(droppedParams).toEqual(["parallel_tool_calls"]);
});

test.each<[string, object]>([
  ["tool_choice", { tool_choice: "any" }],
  ["tool_choice", { tool_choice: 5 }],
  ["tool_choice.type", { tool_choice: { type: "custom", custom: { name: "a" } } }],
  ["tool_choice.name", { tool_choice: {} }],
  ["tool_choice.function", { tool_choice: { type: "function", function: "a" } }],
  ["tool_choice.function.name", { tool_choice: fn("c") }],
  ["tool_choice.allowed_tools.tools", { tool_choice: allowed("auto") }],
  ["tool_choice.allowed_tools.mode", { tool_choice: allowed("never", "a") }],
  ["tool_choice.allowed_tools.tools.1.function.name", { tool_choice: allowed("auto", "a", "c") }],
  ["function_call.name", { function_call: { name: "c" } }],
  ["parallel_tool_calls", { parallel_tool_calls: "no" }],
])("%s is refused: %j", (param, fields) => {
  expect(() => translateChat({ ...TOOLS, ...fields })).toThrow(
    expect.objectContaining({ name: "TranslationError", param }),
  );
});
