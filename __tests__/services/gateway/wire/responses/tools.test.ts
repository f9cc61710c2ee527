import { planOf, refusal, STRICT, send } from "../../../../support/services/translate-responses";

describe("tools", () => {
  const parameters = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };

  it("are functions upstream, custom ones with one text", () => {
    const body = {
      tools: [
        { type: "function", name: "read", description: "Reads.", parameters, strict: true },
        {
          type: "custom",
          name: "apply_patch",
          description: "Patches.",
          format: { type: "grammar", syntax: "lark", definition: "start: a" },
        },
        {
          type: "namespace",
          name: "mcp",
          description: "",
          tools: [
            { type: "function", name: "read", parameters },
            { type: "custom", name: "run!" },
          ],
        },
      ],
      tool_choice: "auto",
    };
    const { tools, tool_choice } = send({ input: "hi", ...body }) as {
      tools: Record<string, unknown>[];
      tool_choice: unknown;
    };
    expect(tool_choice).toEqual({ type: "auto" });
    expect(tools.map(({ name }) => name)).toEqual([
      "read",
      "apply_patch",
      "mcp__read",
      expect.stringMatching(/^mcp__run__[0-9a-f]{8}$/),
    ]);
    expect(tools[0]).toEqual({
      name: "read",
      description: "Reads.",
      input_schema: { ...parameters, additionalProperties: false },
      strict: true,
    });
    expect(tools[1]).toEqual({
      name: "apply_patch",
      description:
        'Patches.\n\nThe tool takes free text: put it into "input" as it is.\n\nThe text must follow this grammar (lark):\nstart: a',
      input_schema: {
        type: "object",
        properties: { input: { type: "string", description: "The whole text for the tool, as it is." } },
        required: ["input"],
        additionalProperties: false,
      },
    });
    expect([...planOf(body).plan.tools]).toEqual([
      ["apply_patch", { kind: "custom", name: "apply_patch", namespace: undefined }],
      ["mcp__read", { kind: "function", name: "read", namespace: "mcp" }],
      [tools[3]?.["name"], { kind: "custom", name: "run!", namespace: "mcp" }],
    ]);
  });

  it("come with items, too, once", () => {
    const late = {
      type: "additional_tools",
      role: "developer",
      tools: [
        { type: "function", name: "late" },
        { type: "function", name: "f" },
      ],
    };
    const { tools } = send({
      tools: [{ type: "function", name: "f", description: "first" }],
      input: [{ role: "user", content: "a" }, late, late],
    }) as { tools: { name: string; description?: string }[] };
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ["f", "first"],
      ["late", undefined],
    ]);
    expect(refusal({ tools: [...late.tools, ...late.tools] }).message).toContain(
      'tools.2.name "late" is already the name of tools.0',
    );
  });

  it("that OpenAI runs are dropped or refused", () => {
    const tools = [{ type: "web_search" }, { type: "function", name: "f" }, { type: "web_search" }];
    expect(planOf({ tools }).droppedParams).toEqual(["tools.web_search"]);
    expect(refusal({ tools }, STRICT).message).toBe(
      'tools.0.type is not supported by this gateway; offer tools of type function, custom or namespace, not "web_search", or let the gateway set litellm_settings.drop_params',
    );
    expect(refusal({ tools: [{ type: "telepathy" }] }).message).toBe(
      'tools.0.type is not supported by this gateway; offer tools of type function, custom or namespace, not "telepathy"',
    );
  });

  it.each([
    ["auto", { type: "auto" }],
    ["none", { type: "none" }],
    ["required", { type: "any" }],
    [
      { type: "function", name: "f" },
      { type: "tool", name: "f" },
    ],
    [
      { type: "custom", name: "c" },
      { type: "tool", name: "c" },
    ],
    [
      { type: "function", name: "g", namespace: "n" },
      { type: "tool", name: "n__g" },
    ],
    [
      {
        type: "allowed_tools",
        mode: "required",
        tools: [{ type: "custom", name: "c" }, { type: "web_search" }],
      },
      { type: "any" },
    ],
    [undefined, { type: "auto" }],
  ])("are chosen: %j", (choice, expected) => {
    const tools = [
      { type: "function", name: "f" },
      { type: "custom", name: "c" },
      { type: "namespace", name: "n", tools: [{ type: "function", name: "g" }] },
    ];
    expect(send({ input: "hi", tools, tool_choice: choice })["tool_choice"]).toEqual(expected);
  });

  it("that are not allowed are not offered", () => {
    const tools = [
      { type: "function", name: "f" },
      { type: "custom", name: "c" },
    ];
    const choice = { type: "allowed_tools", mode: "auto", tools: [{ type: "custom", name: "c" }] };
    expect(
      (send({ input: "hi", tools, tool_choice: choice })["tools"] as { name: string }[]).map(
        ({ name }) => name,
      ),
    ).toEqual(["c"]);
  });

  it("are called one by one on request", () => {
    const tools = [{ type: "function", name: "f" }];
    expect(send({ input: "hi", tools, parallel_tool_calls: false })["tool_choice"]).toEqual({
      type: "auto",
      disable_parallel_tool_use: true,
    });
  });
});

test("members of tools that only OpenAI's models know are told", () => {
  const tool = { type: "function", name: "f", parameters: { type: "object" } };
  const dropped = (fields: object) => planOf({ tools: [{ ...tool, ...fields }] }).droppedParams;
  expect(dropped({ allowed_callers: ["direct"], strict: false, defer_loading: false })).toEqual([]);
  expect(dropped({ allowed_callers: ["programmatic"] })).toEqual(["tools.allowed_callers"]);
  expect(dropped({ defer_loading: true, output_schema: { type: "object" } })).toEqual([
    "tools.defer_loading",
    "tools.output_schema",
  ]);
});
