import { MessageProgress, reduceProgress } from "../../../../services/gateway/messages/progress";
import { settleUsage } from "../../../../services/gateway/messages/settle-usage";
import type { FakeEvent } from "../../../support/services/fake-anthropic";
import {
  finish,
  input,
  start,
  text,
  thinking,
  toMessageEvents,
} from "../../../support/services/message-streams";

const settle = (events: readonly FakeEvent[], maxTokens = 100) =>
  settleUsage(toMessageEvents(events).reduce(reduceProgress, new MessageProgress()), maxTokens);

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
  expect(settle([start(), text(0, "a".repeat(90))], 20).usage.outputTokens).toBe(20);
});
