import { clineTurn } from "../clients/replays/cline";
import { rooTurn } from "../clients/replays/roo-code";
import { textTool } from "../clients/replays/turn";
import { brokenRules } from "../support/services/broken-rules";
import { targetOf, translateChat } from "../support/services/translate-chat";

/** One model of each kind: a budget for thinking, effort, thinking by default, no forced tools. */
const MODELS = [
  "claude-sonnet-4-5",
  "claude-sonnet-4-6",
  "claude-opus-4-8",
  "claude-opus-5",
  "claude-opus-5-5",
];
const APIS = ["anthropic", "bedrock-invoke", "bedrock-messages"] as const;

const MARK = { cache_control: { type: "ephemeral" } };
const call = (id: string, name: string, json: string, more: object = {}) => ({
  id,
  type: "function",
  function: { name, arguments: json },
  ...more,
});
const ROUND = {
  answer: {
    text: "",
    calls: [{ id: "toolu_1", name: "read_file", input: { path: "a" } }],
    finish: "tool_calls",
    usage: undefined,
  },
  result: "(empty)",
};
const IMAGE = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
const STREAMED = { stream: true, stream_options: { include_usage: true } };
const TOOLS = [textTool("bash", ["command"]), textTool("write", ["path", "content"])];

/** A client and what it sends, its text shortened; how many cache marks it sends, and whether it sends a temperature. */
const REQUESTS: readonly (readonly [client: string, body: object, marks: number, isTempered: boolean])[] = [
  ["Roo Code: a first turn", rooTurn("m", "task", []).body, 2, true],
  ["Roo Code: after a tool", rooTurn("m", "task", [ROUND, ROUND]).body, 2, true],
  [
    "Roo Code without prompt caching: an image",
    {
      temperature: 0.7,
      messages: [
        { role: "system", content: "You are Roo." },
        { role: "user", content: [{ type: "text", text: "<task>" }, IMAGE, { type: "text", text: "<env>" }] },
      ],
      ...STREAMED,
      tools: TOOLS,
      tool_choice: "auto",
      parallel_tool_calls: true,
      reasoning_effort: "medium",
    },
    0,
    true,
  ],
  [
    "Roo Code for an alias with o3 in it",
    {
      messages: [
        { role: "developer", content: "Formatting re-enabled\nYou are Roo." },
        { role: "user", content: "task" },
      ],
      ...STREAMED,
      tools: TOOLS,
      tool_choice: "auto",
      parallel_tool_calls: true,
      reasoning_effort: "high",
    },
    0,
    false,
  ],
  [
    "Roo Code: a better prompt",
    { messages: [{ role: "user", content: "Enhance this prompt: x" }], temperature: 0 },
    0,
    true,
  ],
  ["Cline: a first turn", clineTurn("m", "task", []).body, 0, true],
  ["Cline: after a tool", clineTurn("m", "task", [ROUND]).body, 0, true],
  [
    "OpenCode: a title",
    {
      max_tokens: 32_000,
      messages: [
        { role: "system", content: "Write a title.", ...MARK },
        { role: "user", content: "Generate a title for this conversation:\n" },
        { role: "user", content: "hi", ...MARK },
      ],
      ...STREAMED,
    },
    2,
    false,
  ],
  [
    "OpenCode: after tools",
    {
      max_tokens: 32_000,
      messages: [
        { role: "system", content: "You are OpenCode.", ...MARK },
        { role: "user", content: "task" },
        {
          role: "assistant",
          content: "",
          reasoning_content: "First I look.",
          tool_calls: [call("call_1", "bash", '{"command":"ls"}', MARK), call("call_2", "bash", "", MARK)],
        },
        { role: "tool", tool_call_id: "call_2", content: "two", ...MARK },
        { role: "tool", tool_call_id: "call_1", content: "", ...MARK },
      ],
      ...STREAMED,
      tools: TOOLS,
      tool_choice: "auto",
    },
    4,
    false,
  ],
  [
    "Kilo: marks in parts",
    {
      max_tokens: 32_000,
      messages: [
        { role: "system", content: "You are Kilo.", ...MARK },
        { role: "user", content: [{ type: "text", text: "task", ...MARK }] },
      ],
      ...STREAMED,
      tools: TOOLS,
      tool_choice: "auto",
    },
    2,
    false,
  ],
];

describe.each(REQUESTS)("%s", (_client, body, marks, isTempered) => {
  const cases = MODELS.flatMap((model) => APIS.map((api) => [model, api] as const));

  test.each(cases)("is a request that %s on %s accepts", (model, api) => {
    const { request, droppedParams } = translateChat(body, targetOf(model, api));
    expect(brokenRules(request)).toEqual([]);
    expect(JSON.stringify(request).match(/"cache_control"/g) ?? []).toHaveLength(marks);
    // Newer models refuse it, and models that think; it would fail every request of these clients.
    const isRefused = model.includes("opus") || request["thinking"] !== undefined;
    expect("temperature" in request).toBe(isTempered && !isRefused);
    const asks = (what: string) => JSON.stringify(body).includes(what);
    // What these clients send of earlier thinking is not signed; only Anthropic's own API holds a model to a schema.
    expect(droppedParams).toEqual([
      ...(isTempered && isRefused ? ["temperature"] : []),
      ...(asks('"reasoning_content"') ? ["messages.reasoning_content"] : []),
      ...(asks('"strict":true') && api !== "anthropic" ? ["tools.strict"] : []),
    ]);
  });
});
