import { MessageEvent } from "../../../services/gateway/wire/internal/event";
import type { FakeEvent } from "./fake-anthropic";

/** How events are written: as providers do, padded as Anthropic does, with needless escapes, or with spaces. */
export const SPELLINGS = {
  canonical: (event) => JSON.stringify(event),
  padded: (event) => JSON.stringify(event).replace(/(\}*)$/, (ends) => ends.split("").join("   ")),
  escaped: (event) =>
    JSON.stringify(event)
      .replaceAll("/", "\\/")
      .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  spaced: (event) => JSON.stringify(event, null, 1).replaceAll("\n", ""),
} satisfies Record<string, (event: FakeEvent) => string>;

/** Events as they come out of a provider's stream. */
export function toMessageEvents(
  events: readonly FakeEvent[],
  spelling: keyof typeof SPELLINGS = "canonical",
): MessageEvent[] {
  return events.map(
    (event) => new MessageEvent(event.type, Buffer.from(SPELLINGS[spelling](event)).toString("latin1")),
  );
}

const START_USAGE = {
  input_tokens: 10,
  cache_creation_input_tokens: 30,
  cache_read_input_tokens: 400,
  cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
  output_tokens: 1,
  service_tier: "standard",
};

export function start(content: readonly object[] = []): FakeEvent {
  return {
    type: "message_start",
    message: {
      id: "msg_01",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5-20250929",
      content,
      stop_reason: null,
      stop_sequence: null,
      usage: START_USAGE,
    },
  };
}

export const open = (index: number, content_block: object): FakeEvent => ({
  type: "content_block_start",
  index,
  content_block,
});
export const openText = (index: number, text = "") => open(index, { type: "text", text });
export const openTool = (index: number, name: string, input: object = {}) =>
  open(index, { type: "tool_use", id: `toolu_${index}`, name, input });
export const delta = (index: number, fields: object): FakeEvent => ({
  type: "content_block_delta",
  index,
  delta: fields,
});
export const text = (index: number, piece: string) => delta(index, { type: "text_delta", text: piece });
export const input = (index: number, partial_json: string) =>
  delta(index, { type: "input_json_delta", partial_json });
export const thinking = (index: number, piece: string) =>
  delta(index, { type: "thinking_delta", thinking: piece });
export const close = (index: number): FakeEvent => ({ type: "content_block_stop", index });
export const finish = (stop_reason: string, output_tokens = 7, more: object = {}): FakeEvent => ({
  type: "message_delta",
  delta: { stop_reason, stop_sequence: null, ...more },
  usage: { output_tokens },
});
export const stop: FakeEvent = { type: "message_stop" };
export const ping: FakeEvent = { type: "ping" };

const textBlock = (index: number, ...pieces: string[]) => [
  openText(index),
  ...pieces.map((piece) => text(index, piece)),
  close(index),
];
const toolBlock = (index: number, name: string, ...pieces: string[]) => [
  openTool(index, name),
  input(index, ""),
  ...pieces.map((piece) => input(index, piece)),
  close(index),
];

/** Whole streams, each with one thing that is easily got wrong. */
export const STREAMS = {
  text: [start(), openText(0), ping, text(0, "Hello"), text(0, " world"), close(0), finish("end_turn"), stop],
  "two texts": [start(), ...textBlock(0, "One. "), ...textBlock(1, "Two."), finish("stop_sequence"), stop],
  "unicode and escapes": [
    start(),
    ...textBlock(
      0,
      "Grüße ",
      "漢字 🙂",
      ' "quoted" \\ \b\f\n\r\t',
      "\u001b[0m\u2028 </script> / \u007f",
      "\ud83d",
    ),
    finish("max_tokens"),
    stop,
  ],
  "empty text": [start(), ...textBlock(0, ""), finish("end_turn", 1), stop],
  "no content": [start(), finish("end_turn", 1), stop],
  "text that came with its block": [start(), openText(0, "early"), close(0), finish("end_turn"), stop],
  "parallel tools": [
    start(),
    ...textBlock(0, "Let me look."),
    ...toolBlock(1, "read_file", '{"pa', 'th": "a', '"}'),
    ...toolBlock(2, "write_file", '{"text":"ü \\n \\"x\\"","n":12345678901234567890}'),
    finish("tool_use", 42),
    stop,
  ],
  "a tool without arguments": [start(), openTool(0, "now"), close(0), finish("tool_use"), stop],
  "a tool that came with its input": [
    start(),
    openTool(0, "read_file", { path: "a" }),
    close(0),
    finish("tool_use"),
    stop,
  ],
  "a tool in the start": [
    start([{ type: "tool_use", id: "toolu_0", name: "read_file", input: { path: "a" } }]),
    finish("tool_use"),
    stop,
  ],
  "a tool in the start that is announced again": [
    start([{ type: "tool_use", id: "toolu_0", name: "read_file", input: { path: "a" } }]),
    openTool(0, "read_file", { path: "a" }),
    close(0),
    finish("tool_use"),
    stop,
  ],
  thinking: [
    start(),
    open(0, { type: "thinking", thinking: "", signature: "" }),
    thinking(0, "Let me "),
    thinking(0, 'think "ü".'),
    delta(0, { type: "signature_delta", signature: "EqQB/+==" }),
    close(0),
    open(1, { type: "redacted_thinking", data: "EmwK/==" }),
    close(1),
    ...textBlock(2, "Done."),
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 20, output_tokens_details: { thinking_tokens: 15 } },
    },
    stop,
  ],
  "thinking that is not shown": [
    start(),
    open(0, { type: "thinking", thinking: "", signature: "" }),
    delta(0, { type: "signature_delta", signature: "EqQB" }),
    close(0),
    ...textBlock(1, "Done."),
    finish("end_turn"),
    stop,
  ],
  refusal: [
    start(),
    ...textBlock(0, "I will "),
    finish("refusal", 3, { stop_details: { type: "refusal", explanation: "Not this." } }),
    stop,
  ],
  "unknown events": [
    start(),
    { type: "brand_new_event", about: "ü" },
    openText(0),
    delta(0, { type: "brand_new_delta", text: "x" }),
    delta(0, { type: "text_delta", text: 5 }),
    text(0, "a"),
    close(0),
    open(1, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
    input(1, '{"query":"x"}'),
    close(1),
    open(2, { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] }),
    close(2),
    openText(3),
    delta(3, { type: "citations_delta", citation: { type: "web_search_result_location", url: "https://a" } }),
    text(3, "b"),
    close(3),
    { type: "message_delta", delta: {}, usage: { output_tokens: 3, input_tokens: null } },
    finish("end_turn", 9),
    stop,
  ],
  "a repeated start": [start(), start(), ...textBlock(0, "a"), finish("end_turn"), stop],
} satisfies Record<string, readonly FakeEvent[]>;

/** Streams that do not come to their end. */
export const BROKEN_STREAMS = {
  "an error in the middle": [
    start(),
    openText(0),
    text(0, "a"),
    { type: "error", error: { type: "overloaded_error", message: "busy" } },
    text(0, "never"),
    stop,
  ],
  "cut off": [start(), openText(0), text(0, "a")],
  "cut off in a tool": [start(), openTool(0, "read_file"), input(0, '{"path":"a')],
} satisfies Record<string, readonly FakeEvent[]>;

/** All of them, by name. */
export const ALL_STREAMS: readonly (readonly [string, readonly FakeEvent[]])[] = Object.entries({
  ...STREAMS,
  ...BROKEN_STREAMS,
});
