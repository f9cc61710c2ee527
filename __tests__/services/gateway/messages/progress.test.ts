import { MessageEvent } from "../../../../services/gateway/messages/event";
import { endProgress, MessageProgress, reduceProgress } from "../../../../services/gateway/messages/progress";
import type { FakeEvent } from "../../../support/services/fake-anthropic";
import {
  ALL_STREAMS,
  BROKEN_STREAMS,
  close,
  delta,
  finish,
  input,
  open,
  openTool,
  SPELLINGS,
  STREAMS,
  start,
  stop,
  text,
  thinking,
  toMessageEvents,
} from "../../../support/services/message-streams";

function fold(events: readonly FakeEvent[], spelling: keyof typeof SPELLINGS = "canonical"): MessageProgress {
  return toMessageEvents(events, spelling).reduce(reduceProgress, new MessageProgress());
}

test("goes through its phases", () => {
  const phases = [start(), open(0, { type: "text", text: "" }), text(0, "a"), finish("end_turn"), stop].map(
    (_event, index, events) => fold(events.slice(0, index + 1)).phase,
  );
  expect([new MessageProgress().phase, ...phases]).toEqual([
    "waiting",
    "open",
    "open",
    "content",
    "content",
    "done",
  ]);
});

test("knows all that is metered", () => {
  expect(fold(STREAMS.thinking)).toMatchObject({
    phase: "done",
    usage: {
      inputTokens: 10,
      outputTokens: 20,
      cacheReadTokens: 400,
      cacheWriteTokens: 30,
      cacheWrite1hTokens: 10,
      thinkingTokens: 15,
    },
    messageId: "msg_01",
    upstreamModel: "claude-sonnet-4-5-20250929",
    stopReason: "end_turn",
    refusal: null,
    failure: null,
  });
  expect(fold(STREAMS.refusal)).toMatchObject({ stopReason: "refusal", refusal: "Not this." });
});

test.each<[string, FakeEvent[], number]>([
  ["text", [text(0, "abc")], 3],
  ["characters of three bytes", [text(0, "漢字")], 6],
  ["escaped characters, counted as they are sent", [text(0, 'a"\n')], 5],
  ["escaped characters of an event that must be parsed", [text(0, "a\u001b")], 2],
  ["thinking", [thinking(0, "abc")], 3],
  ["the input of a tool", [openTool(0, "f"), input(0, "{}")], 2],
  ["text that came with its block", [open(0, { type: "text", text: "abc" })], 3],
  ["an input that came with its block", [openTool(0, "f", { a: 1 })], 7],
  ["a signature", [delta(0, { type: "signature_delta", signature: "abc" })], 0],
])("counts the bytes of %s", (_name, events, bytes) => {
  expect(fold([start(), ...events])).toMatchObject({ phase: "content", contentBytes: bytes });
});

test.each<[string, FakeEvent[], boolean]>([
  ["before it begins", [], false],
  ["when it begins", [open(0, { type: "thinking", thinking: "", signature: "" })], true],
  ["when it is shown", [open(0, { type: "thinking", thinking: "", signature: "" }), thinking(0, "a")], false],
  [
    "when its signature came",
    [
      open(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "signature_delta", signature: "s" }),
    ],
    false,
  ],
  ["when its block is over", [open(0, { type: "thinking", thinking: "", signature: "" }), close(0)], false],
  ["when a text begins", [open(0, { type: "text", text: "" })], false],
])("knows whether the model thinks unseen, %s", (_name, events, expected) => {
  expect(fold([start(), ...events]).isThinkingUnseen).toBe(expected);
});

test("counts content that came with the start", () => {
  const content = [{ type: "tool_use", id: "t", name: "f", input: { a: 1 } }];
  expect(fold([start(content)])).toMatchObject({ phase: "content", contentBytes: 7, hasContent: true });
});

test("usage is cumulative: the last counter that is one stands", () => {
  const report = (usage: object, fields: object = {}) => ({ type: "message_delta", delta: fields, usage });
  const progress = fold([
    start(),
    report({ output_tokens: 3, input_tokens: null }),
    report({ output_tokens: 5, input_tokens: 12, cache_read_input_tokens: -1 }, { stop_reason: "end_turn" }),
    report({ output_tokens: 1e300 }),
  ]);
  expect(progress.usage).toMatchObject({ inputTokens: 12, outputTokens: 5, cacheReadTokens: 400 });
  expect(progress.stopReason).toBe("end_turn");
});

test.each<[string, readonly FakeEvent[], string, string]>([
  ["an error event", BROKEN_STREAMS["an error in the middle"], "overloaded_error", "busy"],
  ["an error without a text", [start(), { type: "error" }], "api_error", "unknown error"],
  ["content before the start", [text(0, "a")], "api_error", "content came before the message began"],
  ["a tool before the start", [openTool(0, "f")], "api_error", "content came before the message began"],
  ["an end before the start", [stop], "api_error", "the stream ended before it began"],
  [
    "another message",
    [start(), { type: "message_start", message: { id: "msg_02" } }],
    "api_error",
    "another message began inside the message",
  ],
])("%s fails the answer, and nothing follows", (_name, events, type, message) => {
  const progress = fold(events);
  expect(progress).toMatchObject({ phase: "failed", failure: { type, message }, isOver: true });
  const { contentBytes } = progress;
  for (const event of toMessageEvents([text(0, "more"), stop])) reduceProgress(progress, event);
  expect(progress).toMatchObject({ phase: "failed", contentBytes });
});

test("an answer that is over before its end was cut off", () => {
  expect(endProgress(fold(BROKEN_STREAMS["cut off"]))).toMatchObject({
    phase: "failed",
    failure: { type: "api_error", message: "the stream was cut off" },
  });
  expect(endProgress(fold(STREAMS.text)).phase).toBe("done");
  expect(endProgress(fold(BROKEN_STREAMS["an error in the middle"])).failure?.message).toBe("busy");
});

test.each(Object.entries(STREAMS))("%s: comes to its end", (_name, events) => {
  expect(fold(events)).toMatchObject({ phase: "done", failure: null });
});

test.each(ALL_STREAMS)("%s: is the same however its events are written", (_name, events) => {
  const { contentBytes: counted, ...expected } = fold(events);
  for (const spelling of Object.keys(SPELLINGS) as (keyof typeof SPELLINGS)[]) {
    const { contentBytes, ...progress } = fold(events, spelling);
    expect(progress).toEqual(expected);
    expect(contentBytes).toBeLessThanOrEqual(counted);
  }
});

test("an event without sense is an error", () => {
  const garbage = new MessageEvent("content_block_delta", "<html>");
  expect(() => reduceProgress(fold([start(), close(0)]), garbage)).toThrow(SyntaxError);
});
