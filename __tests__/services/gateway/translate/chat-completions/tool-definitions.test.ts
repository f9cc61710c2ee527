import { translateChat } from "../../../../support/services/translate-chat";

const toolsOf = (fields: object) => translateChat(fields).request["tools"];
const fn = (given: object) => ({ type: "function", function: given });
const OBJECT = { type: "object", properties: {} };
const EPHEMERAL = { type: "ephemeral" };

test.each<[string, object, object]>([
  [
    "all of it; strict is left out",
    { name: "f", description: "d", parameters: OBJECT, strict: true },
    { name: "f", description: "d", input_schema: OBJECT },
  ],
  ["only a name", { name: "f" }, { name: "f", input_schema: OBJECT }],
  ["a blank description", { name: "f", description: " " }, { name: "f", input_schema: OBJECT }],
])("%s", (_name, given, expected) => {
  expect(toolsOf({ tools: [fn(given)] })).toEqual([expected]);
  expect(toolsOf({ functions: [given] })).toEqual([expected]);
});

test.each([
  ["the tool", { ...fn({ name: "f" }), cache_control: EPHEMERAL }],
  ["its function", fn({ name: "f", cache_control: EPHEMERAL })],
])("a cache mark of %s", (_name, tool) => {
  expect(toolsOf({ tools: [tool] })).toEqual([{ name: "f", input_schema: OBJECT, cache_control: EPHEMERAL }]);
});

test("names that the upstream refuses are changed in the same way everywhere, and back", () => {
  const name = "mcp.files/read it";
  const { request, plan } = translateChat({
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", tool_calls: [{ id: "a", type: "function", function: { name, arguments: "{}" } }] },
      { role: "tool", tool_call_id: "a", content: "ok" },
    ],
    tools: [fn({ name }), fn({ name: "plain" })],
    tool_choice: fn({ name }),
  });
  const [tool] = request["tools"] as { name: string }[];
  expect(tool?.name).toMatch(/^mcp_files_read_it_[0-9a-f]{8}$/);
  const used = String(tool?.name);
  expect(request["messages"]).toMatchObject([{}, { content: [{ type: "tool_use", name: used }] }, {}]);
  expect(request["tool_choice"]).toEqual({ type: "tool", name: used });
  expect(plan.renamedTools).toEqual(new Map([[used, name]]));
});

test("a name that is too long", () => {
  const { request, plan } = translateChat({ tools: [fn({ name: "n".repeat(65) })] });
  const [tool] = request["tools"] as { name: string }[];
  expect(tool?.name).toMatch(/^n{55}_[0-9a-f]{8}$/);
  expect([...plan.renamedTools.values()]).toEqual(["n".repeat(65)]);
});

test.each([
  ["functions", { functions: [{ name: "f" }] }, true],
  ["function_call alone", { function_call: "auto" }, true],
  ["tools", { tools: [fn({ name: "f" })] }, false],
  ["neither", {}, false],
])("%s: the answer is of the old kind: %#", (_name, fields, isLegacy) => {
  expect(translateChat(fields).plan.isLegacyFunctionCall).toBe(isLegacy);
});

test("the old kind allows one call", () => {
  const { request } = translateChat({ functions: [{ name: "f" }], function_call: { name: "f" } });
  expect(request["tool_choice"]).toEqual({ type: "tool", name: "f", disable_parallel_tool_use: true });
});

test.each<[string, object]>([
  ["tools", { tools: "x" }],
  ["tools.0", { tools: [1] }],
  ["tools.0", { tools: [{ type: "custom", custom: { name: "x" } }] }],
  ["tools.0", { tools: [{ type: "web_search" }] }],
  ["tools.0.function", { tools: [{ type: "function" }] }],
  ["tools.0.function.name", { tools: [fn({})] }],
  ["tools.0.function.name", { tools: [fn({ name: 5 })] }],
  ["tools.0.function.description", { tools: [fn({ name: "f", description: 5 })] }],
  ["tools.0.function.parameters", { tools: [fn({ name: "f", parameters: [] })] }],
  ["tools.0.function.parameters.type", { tools: [fn({ name: "f", parameters: { type: "string" } })] }],
  ["tools.1.function.name", { tools: [fn({ name: "f" }), fn({ name: "f" })] }],
  ["functions", { functions: [{ name: "f" }], tools: [fn({ name: "f" })] }],
  ["functions.0.name", { functions: [{}] }],
])("%s is refused: %j", (param, fields) => {
  expect(() => translateChat(fields)).toThrow(expect.objectContaining({ name: "TranslationError", param }));
});

describe("earlier calls without tools", () => {
  const messages = [
    { role: "user", content: "hi" },
    {
      role: "assistant",
      tool_calls: [{ id: "a", type: "function", function: { name: "gone", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "a", content: "ok" },
  ];
  const stub = { name: "gone", description: "No longer available.", input_schema: OBJECT };

  it("get a stand-in that may not be called", () => {
    const { request } = translateChat({ messages });
    expect(request["tools"]).toEqual([stub]);
    expect(request["tool_choice"]).toEqual({ type: "none" });
  });

  it("do not need one beside other tools", () => {
    expect(toolsOf({ messages, tools: [fn({ name: "f" })] })).toEqual([{ name: "f", input_schema: OBJECT }]);
  });
});
