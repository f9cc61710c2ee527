import { targetOf, translateChat } from "../../../../support/services/translate-chat";

describe("tool definitions", () => {
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
    expect(toolsOf({ tools: [tool] })).toEqual([
      { name: "f", input_schema: OBJECT, cache_control: EPHEMERAL },
    ]);
  });

  test("names that the upstream refuses are changed in the same way everywhere, and back", () => {
    const name = "mcp.files/read it";
    const { request, plan } = translateChat({
      messages: [
        { role: "user", content: "hi" },
        {
          role: "assistant",
          tool_calls: [{ id: "a", type: "function", function: { name, arguments: "{}" } }],
        },
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
      expect(toolsOf({ messages, tools: [fn({ name: "f" })] })).toEqual([
        { name: "f", input_schema: OBJECT },
      ]);
    });
  });
});

describe("tool selection", () => {
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
});
