import {
  type CollectedMessage,
  MessageCollector,
} from "../../../../../services/gateway/wire/internal/collect";
import type { FakeEvent } from "../../../../support/services/fake-anthropic";
import {
  ALL_STREAMS,
  BROKEN_STREAMS,
  close,
  delta,
  finish,
  input,
  open,
  openText,
  openTool,
  SPELLINGS,
  STREAMS,
  start,
  stop,
  text,
  toMessageEvents,
} from "../../../../support/services/message-streams";

function collect(
  events: readonly FakeEvent[],
  spelling: keyof typeof SPELLINGS = "canonical",
): CollectedMessage {
  const collector = new MessageCollector();
  for (const event of toMessageEvents(events, spelling)) collector.push(event);
  return collector.message();
}

test("is the whole message", () => {
  expect(collect(STREAMS.text)).toEqual({
    id: "msg_01",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5-20250929",
    content: [{ type: "text", text: "Hello world" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: 10,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 400,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
      output_tokens: 7,
      service_tier: "standard",
    },
  });
});

const TOOL = { type: "tool_use", id: "toolu_0", name: "read_file" };

test.each<[string, readonly FakeEvent[], object[]]>([
  [
    "texts stay apart",
    STREAMS["two texts"],
    [
      { type: "text", text: "One. " },
      { type: "text", text: "Two." },
    ],
  ],
  [
    "characters of every kind",
    STREAMS["unicode and escapes"],
    [
      {
        type: "text",
        text: 'Grüße 漢字 🙂 "quoted" \\ \b\f\n\r\t\u001b[0m\u2028 </script> / \u007f\ud83d',
      },
    ],
  ],
  ["an empty text", STREAMS["empty text"], [{ type: "text", text: "" }]],
  ["no content", STREAMS["no content"], []],
  [
    "text that came with its block",
    STREAMS["text that came with its block"],
    [{ type: "text", text: "early" }],
  ],
  [
    "tools",
    STREAMS["parallel tools"],
    [
      { type: "text", text: "Let me look." },
      {
        type: "tool_use",
        id: "toolu_1",
        name: "read_file",
        input: { path: "a" },
        inputJson: '{"path": "a"}',
      },
      {
        type: "tool_use",
        id: "toolu_2",
        name: "write_file",
        input: { text: 'ü \n "x"', n: 12345678901234567000 },
        inputJson: '{"text":"ü \\n \\"x\\"","n":12345678901234567890}',
      },
    ],
  ],
  [
    "a tool without arguments",
    STREAMS["a tool without arguments"],
    [{ ...TOOL, name: "now", input: {}, inputJson: "" }],
  ],
  [
    "a tool that came with its input",
    STREAMS["a tool that came with its input"],
    [{ ...TOOL, input: { path: "a" }, inputJson: '{"path":"a"}' }],
  ],
  [
    "a tool in the start",
    STREAMS["a tool in the start"],
    [{ ...TOOL, input: { path: "a" }, inputJson: '{"path":"a"}' }],
  ],
  [
    "an input that is not complete",
    BROKEN_STREAMS["cut off in a tool"],
    [{ ...TOOL, input: {}, inputJson: '{"path":"a' }],
  ],
  [
    "an input that is no object",
    [start(), openTool(0, "read_file"), input(0, "5"), close(0)],
    [{ ...TOOL, input: {}, inputJson: "5" }],
  ],
  [
    "thinking",
    STREAMS.thinking,
    [
      { type: "thinking", thinking: 'Let me think "ü".', signature: "EqQB/+==" },
      { type: "redacted_thinking", data: "EmwK/==" },
      { type: "text", text: "Done." },
    ],
  ],
  [
    "blocks that it does not know, and citations",
    STREAMS["unknown events"],
    [
      { type: "text", text: "a" },
      { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "x" } },
      { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] },
      { type: "text", text: "b", citations: [{ type: "web_search_result_location", url: "https://a" }] },
    ],
  ],
  [
    "citations that came with the block",
    [
      start(),
      open(0, { type: "text", text: "", citations: [1] }),
      delta(0, { type: "citations_delta", citation: 2 }),
    ],
    [{ type: "text", text: "", citations: [1, 2] }],
  ],
])("collects %s", (_name, events, content) => {
  expect(collect(events).content).toEqual(content);
});

test("what is said of the message at its end is kept", () => {
  const events = [
    start(),
    openText(0),
    text(0, "a"),
    {
      ...finish("refusal", 3, { stop_details: { explanation: "Not this." } }),
      context_management: { edits: [] },
    },
    { type: "message_delta", delta: {}, usage: { output_tokens: null, input_tokens: 12 } },
    stop,
  ];
  expect(collect(events)).toMatchObject({
    stop_reason: "refusal",
    stop_details: { explanation: "Not this." },
    context_management: { edits: [] },
    usage: { input_tokens: 12, output_tokens: 3 },
  });
});

test("is a message even when nothing came", () => {
  expect(collect([])).toEqual({
    id: "",
    type: "message",
    role: "assistant",
    model: "",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {},
  });
});

test("a piece of an unknown type does not begin anything", () => {
  const events = [
    start(),
    delta(0, { type: "constructor" }),
    delta(1, { type: "brand_new_delta", text: "x" }),
  ];
  expect(collect(events).content).toEqual([]);
});

test("a text may begin without a word, a tool may not", () => {
  const events = [start(), text(4, "a"), text(4, "b"), input(5, "{}")];
  expect(collect(events).content).toEqual([{ type: "text", text: "ab" }]);
  expect(collect(events, "spaced").content).toEqual([{ type: "text", text: "ab" }]);
});

test.each(ALL_STREAMS)("%s: is the same however its events are written", (_name, events) => {
  for (const spelling of Object.keys(SPELLINGS) as (keyof typeof SPELLINGS)[]) {
    expect(collect(events, spelling)).toEqual(collect(events));
  }
});
