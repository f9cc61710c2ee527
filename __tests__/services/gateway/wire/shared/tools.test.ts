import type { MessagesTarget } from "../../../../../services/gateway/wire/internal/request";
import { targetOf, translateChat } from "../../../../support/services/translate-chat";

const SONNET = targetOf("claude-sonnet-4-5");
const parameters = {
  type: "object",
  properties: { path: { type: "string", minLength: 1 }, line: { type: ["integer", "null"] } },
  required: ["path", "line"],
  additionalProperties: false,
};
const tool = (name: string, fields: object = {}, beside: object = {}) => ({
  type: "function",
  function: { name, parameters, ...fields },
  ...beside,
});
const names = (count: number) => Array.from({ length: count }, (_none, index) => `f${index}`);
const strictTools = (count: number, fields: object = {}) =>
  names(count).map((name) => tool(name, { strict: true, ...fields }));

interface Sent {
  readonly strict?: boolean;
  readonly input_schema: object;
}
function translate(tools: readonly object[], fields: object = {}, target = SONNET) {
  const { request, droppedParams } = translateChat({ tools, ...fields }, target);
  return { sent: request["tools"] as Sent[], droppedParams };
}

describe("strict", () => {
  it("is sent with a schema that the provider can compile", () => {
    const { sent, droppedParams } = translate([tool("a", { strict: true }), tool("b")]);
    expect(sent).toEqual([
      {
        name: "a",
        strict: true,
        input_schema: {
          ...parameters,
          properties: {
            path: { type: "string", description: "(minLength: 1)" },
            line: { type: ["integer", "null"] },
          },
        },
      },
      { name: "b", input_schema: parameters },
    ]);
    expect(droppedParams).toEqual([]);
  });

  it.each<[string, readonly object[], object, MessagesTarget]>([
    ["the many tools of an agent", strictTools(5), {}, SONNET],
    ["a schema for any object", [tool("a", { strict: true, parameters: { type: "object" } })], {}, SONNET],
    [
      "more alternatives than fit together",
      strictTools(4, {
        parameters: {
          type: "object",
          properties: Object.fromEntries(names(5).map((name) => [name, { type: ["string", "null"] }])),
          required: names(5),
          additionalProperties: false,
        },
      }),
      {},
      SONNET,
    ],
    ["an older model", strictTools(1), {}, targetOf("claude-sonnet-4-20250514")],
    ["Bedrock", strictTools(1), {}, targetOf("anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock-invoke")],
    [
      "an answer with a schema of its own",
      strictTools(1),
      { response_format: { type: "json_schema", json_schema: { name: "x", schema: parameters } } },
      SONNET,
    ],
  ])("is left out and told with %s", (_name, tools, fields, target) => {
    const { sent, droppedParams } = translate(tools, fields, target);
    expect(sent.some(({ strict }) => strict !== undefined)).toBe(false);
    expect(sent[0]?.input_schema).toEqual((tools[0] as ReturnType<typeof tool>).function.parameters);
    expect(droppedParams).toEqual(["tools.strict"]);
  });

  it("that is false says nothing", () => {
    expect(translate([tool("a", { strict: false })])).toEqual({
      sent: [{ name: "a", input_schema: parameters }],
      droppedParams: [],
    });
  });
});

describe("members of Anthropic's tools", () => {
  const members = {
    allowed_callers: ["direct"],
    eager_input_streaming: true,
    input_examples: [{ path: "a", line: null }],
  };

  it.each<[string, object]>([
    ["in the function", tool("a", members)],
    ["beside it", tool("a", {}, members)],
  ])("are sent to Anthropic, %s", (_name, given) => {
    expect(translate([given])).toEqual({
      sent: [{ name: "a", input_schema: parameters, ...members }],
      droppedParams: [],
    });
  });

  it.each(["bedrock-invoke", "bedrock-messages"] as const)("are left out and told on %s", (api) => {
    expect(translate([tool("a", members)], {}, targetOf("claude-sonnet-4-5", api))).toEqual({
      sent: [{ name: "a", input_schema: parameters }],
      droppedParams: ["tools.allowed_callers", "tools.eager_input_streaming", "tools.input_examples"],
    });
  });

  it("a deferred tool is offered at once: nothing here would find it", () => {
    expect(translate([tool("a", {}, { defer_loading: true })])).toEqual({
      sent: [{ name: "a", input_schema: parameters }],
      droppedParams: ["tools.defer_loading"],
    });
  });

  it("credentials in a tool are told, and never sent", () => {
    const { sent, droppedParams } = translate([tool("a", { api_key: "k" }, { api_base: "http://x" })]);
    expect(JSON.stringify(sent)).not.toMatch(/api_/);
    expect(droppedParams).toEqual(["tools.api_base", "tools.api_key"]);
  });
});
