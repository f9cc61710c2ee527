import { translateChat } from "../../../../support/services/translate-chat";

/** Bodies of as many values as are read, made to be slow or to overflow the stack: the work may not grow with the square of what it is done on. */
const MANY = 15_000;
const times = <Item>(item: (index: number) => Item, count = MANY) =>
  Array.from({ length: count }, (_, index) => item(index));
const hi = { role: "user", content: "hi" };
const call = (id: string) => ({ id, function: { name: "f", arguments: "{}" } });

test.each<[string, object]>([
  [
    "calls with one id",
    {
      messages: [
        hi,
        { role: "assistant", tool_calls: times(() => call("a")) },
        ...times(() => ({ role: "tool", tool_call_id: "a", content: "x" })),
      ],
    },
  ],
  [
    "turns with one id",
    {
      messages: times((index) =>
        index % 2 === 0
          ? { role: "assistant", tool_calls: [call("a")] }
          : { role: "tool", tool_call_id: "a", content: "x" },
      ),
    },
  ],
  [
    "blank parts",
    {
      messages: [
        hi,
        {
          role: "user",
          content: times(() => ({ type: "text", text: " ", cache_control: { type: "ephemeral" } })),
        },
      ],
    },
  ],
  [
    "more parts than a call has arguments",
    { messages: [hi, { role: "user", content: times(() => ({ type: "text", text: "x" }), 49_000) }] },
  ],
  [
    "allowed tools",
    {
      tools: times((index) => ({ function: { name: `f${index}` } })),
      tool_choice: { type: "allowed_tools", tools: times((index) => ({ name: `f${MANY - 1 - index}` })) },
    },
  ],
  [
    "alternatives of a tool",
    {
      tools: [
        {
          function: {
            name: "f",
            parameters: { anyOf: times((index) => ({ properties: { a: { const: index } } })) },
          },
        },
      ],
    },
  ],
])("%s are no trouble", (_name, fields) => {
  expect(translateChat(fields).request["max_tokens"]).toBe(64_000);
});

test("nor are references that branch", () => {
  const pair = (index: number) => ({
    type: "object",
    properties: { a: { $ref: `#/$defs/d${index + 1}` }, b: { $ref: `#/$defs/d${index + 1}` } },
    required: ["a", "b"],
    additionalProperties: false,
  });
  const $defs = Object.fromEntries([
    ...times((index) => [`d${index}`, pair(index)], 30),
    ["d30", { type: "string" }],
  ]);
  const format = { type: "json_schema", json_schema: { schema: { ...pair(-1), $defs } } };
  expect(translateChat({ response_format: format }).request).toHaveProperty(
    "output_config.format.schema.$defs.d30",
  );
});
