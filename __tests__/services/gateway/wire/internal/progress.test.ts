import { MessageEvent } from "../../../../../services/gateway/wire/internal/event";
import {
  type BillPhase,
  endProgress,
  hasContent,
  MessageProgress,
  reduceProgress,
  type SentMessage,
  settleUsage,
} from "../../../../../services/gateway/wire/internal/progress";
import { NO_USAGE } from "../../../../../services/gateway/wire/internal/usage";
import type { FakeEvent } from "../../../../support/services/fake-anthropic";
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
} from "../../../../support/services/message-streams";

describe("progress", () => {
  function fold(
    events: readonly FakeEvent[],
    spelling: keyof typeof SPELLINGS = "canonical",
  ): MessageProgress {
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
    [
      "when it is shown",
      [open(0, { type: "thinking", thinking: "", signature: "" }), thinking(0, "a")],
      false,
    ],
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
      report(
        { output_tokens: 5, input_tokens: 12, cache_read_input_tokens: -1 },
        { stop_reason: "end_turn" },
      ),
      report({ output_tokens: 1e300 }),
    ]);
    expect(progress.usage).toMatchObject({ inputTokens: 12, outputTokens: 5, cacheReadTokens: 400 });
    expect(progress.stopReason).toBe("end_turn");
  });

  test.each<[string, readonly FakeEvent[], string, string]>([
    ["an error event", BROKEN_STREAMS["an error in the middle"], "overloaded_error", "busy"],
    ["an error without a text", [start(), { type: "error" }], "api_error", "unknown error"],
    ["content before the start", [text(0, "a")], "api_error", "content before message_start"],
    ["a tool before the start", [openTool(0, "f")], "api_error", "content before message_start"],
    ["an end before the start", [stop], "api_error", "the stream ended before message_start"],
    [
      "another message",
      [start(), { type: "message_start", message: { id: "msg_02" } }],
      "api_error",
      "message_start inside a message",
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
      failure: { type: "api_error", message: "the stream was truncated" },
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
});

describe("has content", () => {
  const block = (content_block: object) => ({ type: "content_block_start", content_block });

  test.each([
    [{ type: "message_start" }, false],
    [{ type: "message_start", message: { content: [] } }, false],
    [{ type: "message_start", message: { content: [{ type: "tool_use" }] } }, true],
    [{ type: "ping" }, false],
    [block({ type: "text", text: "" }), false],
    [block({ type: "thinking", thinking: "" }), false],
    [block({ type: "text", text: "a" }), true],
    [block({ type: "tool_use", id: "t", name: "f", input: {} }), true],
    [block({ type: "redacted_thinking", data: "x" }), true],
    [{ type: "content_block_delta", delta: { type: "text_delta", text: "a" } }, true],
    [{ type: "content_block_delta", delta: { type: "thinking_delta", thinking: "a" } }, true],
    [{ type: "message_delta", delta: {} }, false],
    [{ type: "something_new" }, false],
  ])("%j: %s", (event, expected) => {
    expect(hasContent(new MessageEvent(event.type, JSON.stringify(event)))).toBe(expected);
  });
});

describe("settle usage", () => {
  const PROMPT = { ...NO_USAGE, inputTokens: 500 };
  const settle = (
    events: readonly FakeEvent[],
    sent: Partial<SentMessage> = {},
    bill: BillPhase | undefined = undefined,
  ) => {
    const progress = toMessageEvents(events).reduce(reduceProgress, new MessageProgress());
    if (bill !== undefined) progress.bill = bill;
    return settleUsage(progress, {
      maxTokens: 100,
      isBilledWhole: false,
      estimatePrompt: () => PROMPT,
      ...sent,
    });
  };

  test.each<[string, FakeEvent[], number, boolean]>([
    ["nothing came", [start()], 1, false],
    ["a little came, not more than was reported", [start(), text(0, "abc")], 1, false],
    ["text came", [start(), text(0, "abcdef"), text(0, "g")], 3, true],
    ["characters of three bytes came: a token each", [start(), text(0, "漢字漢字")], 4, true],
    ["thinking and arguments of tools came", [start(), thinking(0, "abcdef"), input(1, "abcdef")], 4, true],
    ["the end came", [start(), text(0, "abcdef"), finish("end_turn", 2)], 2, false],
  ])("%s: %#", (_name, events, outputTokens, isEstimated) => {
    const settled = settle(events);
    expect(settled.usage.outputTokens).toBe(outputTokens);
    expect(settled.isEstimated).toBe(isEstimated);
  });

  test("never more than was asked for and put aside", () => {
    expect(settle([start(), text(0, "a".repeat(90))], { maxTokens: 20 }).usage.outputTokens).toBe(20);
  });

  test("thinking that is not shown counts by its time when the answer is left, and not beside a count", () => {
    const unseen = (events: readonly FakeEvent[], ms: number) => {
      const progress = toMessageEvents(events).reduce(reduceProgress, new MessageProgress());
      progress.unseenThinkingMs = ms;
      const sent = { maxTokens: 1000, isBilledWhole: false, estimatePrompt: () => PROMPT };
      return settleUsage(progress, sent).usage.outputTokens;
    };
    const opened = open(0, { type: "thinking", thinking: "", signature: "" });
    expect(unseen([start(), opened], 2000)).toBe(400);
    expect(unseen([start(), opened, text(1, "abc")], 2000)).toBe(401);
    expect(unseen([start(), opened], 60_000)).toBe(1000);
    expect(unseen([start(), opened, text(1, "abc"), finish("end_turn", 50)], 2000)).toBe(50);
  });

  test("nothing that was not sent, or was refused before any work, is billed", () => {
    expect(settle([], {}, "none")).toEqual({ usage: NO_USAGE, isEstimated: false });
  });

  test("what was sent and never answered is billed as an estimate of its prompt", () => {
    expect(settle([])).toEqual({ usage: PROMPT, isEstimated: true });
  });

  describe("a provider that continues after its connection was closed", () => {
    const whole = { isBilledWhole: true };

    test.each<[string, FakeEvent[]]>([
      ["before anything came", []],
      ["in the middle", [start(), text(0, "abcdef")]],
      ["after a count that is not the last", [start(), text(0, "abcdef"), finish("end_turn", 2)].slice(0, 2)],
    ])("bills as much as was asked for: %s", (_name, events) => {
      const { usage, isEstimated } = settle(events, whole);
      expect([usage.outputTokens, isEstimated]).toEqual([100, true]);
    });

    test("bills what it reported when it came to its end", () => {
      const { usage, isEstimated } = settle([start(), text(0, "abcdef"), finish("end_turn", 2)], whole);
      expect([usage.outputTokens, isEstimated]).toEqual([2, false]);
    });

    test("bills what was delivered when it said itself that it failed", () => {
      expect(settle([start(), text(0, "abcdef")], whole, "ended").usage.outputTokens).toBe(2);
    });
  });

  test.each<[string, FakeEvent, number, boolean]>([
    ["counted", finish("end_turn", 40), 40, false],
    ["counted by less than at the start", finish("end_turn", 1), 1, false],
    ["counted by a larger number than was asked for", finish("end_turn", 400), 400, false],
    ["not counted", { type: "message_delta", delta: { stop_reason: "end_turn" } }, 2, true],
    ["counted by no number", { ...finish("end_turn"), usage: { output_tokens: "9" } }, 2, true],
    ["counted by zero, though there is content", finish("end_turn", 0), 2, true],
  ])("an answer that ended, %s", (_name, end, outputTokens, isEstimated) => {
    const settled = settle([start(), text(0, "abcdef"), end, stop]);
    expect([settled.usage.outputTokens, settled.isEstimated]).toEqual([outputTokens, isEstimated]);
  });

  test("an answer without content may have no token, whatever was counted at its start", () => {
    const settled = settle([start(), finish("refusal", 0), stop]);
    expect([settled.usage.outputTokens, settled.isEstimated]).toEqual([0, false]);
  });

  test("a count that is followed by none is the least that is billed", () => {
    const nonsense = { ...finish("end_turn"), usage: { output_tokens: -1 } };
    const settled = settle([start(), text(0, "a".repeat(90)), finish("end_turn", 7), nonsense, stop]);
    expect([settled.usage.outputTokens, settled.isEstimated]).toEqual([30, true]);
  });
});
