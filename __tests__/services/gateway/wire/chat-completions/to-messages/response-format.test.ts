import { SONNET_4_5, targetOf, translateChat } from "../../../../../support/services/translate-chat";

const SCHEMA = {
  type: "object",
  properties: { a: { type: "string" } },
  required: ["a"],
  additionalProperties: false,
};
const MAP = { type: "object", properties: {}, additionalProperties: { type: "number" } };
const format = (schema: object | undefined = SCHEMA) => ({
  response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
});
const TOOLS = { tools: [{ type: "function", function: { name: "f" } }] };
const F = { name: "f", input_schema: { type: "object", properties: {} } };
const hidden = (schema: object) => ({
  name: "json_tool_call",
  description: "Gives the answer. The input is the whole answer, as JSON.",
  input_schema: schema,
});
const ANY = { type: "object", properties: {}, additionalProperties: true };
const ONLY_JSON = {
  type: "text",
  text: "Answer with one JSON object and nothing else: no text before or after it, and no code fence.",
};
const OPUS_4_8 = targetOf("claude-opus-4-8");
const OPUS_5_5 = targetOf("claude-opus-5-5");

test.each([
  ["Anthropic", SONNET_4_5],
  ["Anthropic, a newer model", OPUS_5_5],
  ["InvokeModel", targetOf("anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock-invoke")],
])("a schema on %s is the provider's own", (_name, target) => {
  const { request, plan } = translateChat({ ...TOOLS, ...format() }, target);
  expect(request["output_config"]).toEqual({ format: { type: "json_schema", schema: SCHEMA } });
  expect(request["tools"]).toEqual([F]);
  expect(plan.hiddenJsonTool).toBeUndefined();
});

test.each([
  ["an older model", targetOf("claude-sonnet-4-20250514"), SCHEMA],
  [
    "InvokeModel with another model",
    targetOf("anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock-invoke"),
    SCHEMA,
  ],
  ["Bedrock's Messages", targetOf("anthropic.claude-opus-4-8", "bedrock-messages"), SCHEMA],
  ["Anthropic, where the schema cannot be said", SONNET_4_5, MAP],
])("a schema on %s becomes a tool that is demanded", (_name, target, schema) => {
  const { request, plan } = translateChat(format(schema), target);
  expect(request).not.toHaveProperty("output_config");
  expect(request["tools"]).toEqual([hidden(schema)]);
  expect(request["tool_choice"]).toEqual({ type: "tool", name: "json_tool_call" });
  expect(plan).toMatchObject({ hiddenJsonTool: "json_tool_call", degradations: [] });
});

test("a schema that becomes a tool, beside other tools", () => {
  const { request, plan } = translateChat({ ...TOOLS, ...format(MAP) });
  expect(request["tools"]).toEqual([F, hidden(MAP)]);
  expect(request["tool_choice"]).toEqual({ type: "any" });
  expect(plan.hiddenJsonTool).toBe("json_tool_call");
});

test("beside tools that may not be called", () => {
  const { request } = translateChat({ ...TOOLS, ...format(MAP), tool_choice: "none" });
  expect(request["tools"]).toEqual([F, hidden(MAP)]);
  expect(request["tool_choice"]).toEqual({ type: "tool", name: "json_tool_call" });
});

test.each(["required", { type: "function", function: { name: "f" } }])(
  "beside a tool that must be called: %j",
  (choice) => {
    const { request, plan } = translateChat({ ...TOOLS, ...format(MAP), tool_choice: choice });
    expect(request["tools"]).toEqual([F]);
    expect(plan.hiddenJsonTool).toBeUndefined();
  },
);

test("its name gives way to the client's tools", () => {
  const tools = [{ type: "function", function: { name: "json_tool_call" } }];
  expect(translateChat({ tools, ...format(MAP) }).plan.hiddenJsonTool).toBe("json_tool_call_");
});

test("where no tool may be demanded it is only offered", () => {
  const { request, plan } = translateChat(format(MAP), OPUS_5_5);
  expect(request["tool_choice"]).toEqual({ type: "auto" });
  expect(request["system"]).toEqual([
    { type: "text", text: "Give the final answer by calling the tool json_tool_call, not as text." },
  ]);
  expect(plan).toMatchObject({ hiddenJsonTool: "json_tool_call", degradations: ["response_format=auto"] });
});

describe.each([
  ["json_object", { response_format: { type: "json_object" } }],
  ["a schema that is missing", { response_format: { type: "json_schema", json_schema: { name: "x" } } }],
])("%s", (_name, fields) => {
  it("is an instruction and a tool for any object", () => {
    const { request, plan } = translateChat(fields, OPUS_4_8);
    expect(request["system"]).toEqual([ONLY_JSON]);
    expect(request["tools"]).toEqual([hidden(ANY)]);
    expect(request["tool_choice"]).toEqual({ type: "tool", name: "json_tool_call" });
    expect(plan).toMatchObject({ hiddenJsonTool: "json_tool_call", degradations: [] });
  });

  it("is an instruction beside other tools", () => {
    const { request, plan } = translateChat({ ...TOOLS, ...fields }, OPUS_4_8);
    expect(request["system"]).toEqual([ONLY_JSON]);
    expect(request["tools"]).toEqual([F]);
    expect(plan).toMatchObject({
      hiddenJsonTool: undefined,
      isJsonText: true,
      degradations: ["response_format=instruction"],
    });
  });

  it("is an instruction where no tool may be demanded", () => {
    const { request, plan } = translateChat(fields, OPUS_5_5);
    expect(request["system"]).toEqual([ONLY_JSON]);
    expect(request).not.toHaveProperty("tools");
    expect(plan).toMatchObject({
      hiddenJsonTool: undefined,
      isJsonText: true,
      degradations: ["response_format=instruction"],
    });
  });
});

test.each<[string, unknown]>([
  ["response_format", "json"],
  ["response_format.type", {}],
  ["response_format.type", { type: "grammar" }],
  ["response_format.json_schema", { type: "json_schema" }],
  ["response_format.json_schema.schema", { type: "json_schema", json_schema: { schema: [] } }],
  [
    "response_format.json_schema.schema.type",
    { type: "json_schema", json_schema: { schema: { type: "array" } } },
  ],
])("%s is refused: %j", (param, value) => {
  expect(() => translateChat({ response_format: value })).toThrow(
    expect.objectContaining({ name: "TranslationError", param }),
  );
});
