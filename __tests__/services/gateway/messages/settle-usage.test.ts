import {
  type BillPhase,
  MessageProgress,
  reduceProgress,
} from "../../../../services/gateway/messages/progress";
import { type SentMessage, settleUsage } from "../../../../services/gateway/messages/settle-usage";
import { NO_USAGE } from "../../../../services/gateway/messages/usage";
import type { FakeEvent } from "../../../support/services/fake-anthropic";
import {
  finish,
  input,
  open,
  start,
  stop,
  text,
  thinking,
  toMessageEvents,
} from "../../../support/services/message-streams";

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

describe("a provider that goes on after its connection was given up", () => {
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
