import { settleUsage } from "../../../../../services/gateway/translate/openai-to-anthropic/estimate-usage";
import {
  MESSAGE_NOT_STARTED,
  type MessageEvent,
  reduceMessage,
} from "../../../../../services/gateway/translate/openai-to-anthropic/message-events";

const START = { type: "message_start", message: { usage: { input_tokens: 10, output_tokens: 1 } } };
const delta = (fields: object) => ({ type: "content_block_delta", delta: fields });
const text = (value: string) => delta({ type: "text_delta", text: value });
const settle = (events: readonly MessageEvent[], maxTokens = 100) =>
  settleUsage(
    events.reduce((state, event) => reduceMessage(state, event)[0], MESSAGE_NOT_STARTED),
    maxTokens,
  );

test.each([
  ["nothing came", [START], 1, false],
  ["a little came, not more than was reported", [START, text("abc")], 1, false],
  ["text came", [START, text("abcdef"), text("g")], 3, true],
  ["characters of three bytes came: a token each", [START, text("漢字漢字")], 4, true],
  [
    "thinking and arguments of tools came",
    [START, delta({ thinking: "abcdef" }), delta({ partial_json: "abcdef" })],
    4,
    true,
  ],
  [
    "the end came",
    [
      START,
      text("abcdef"),
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
    ],
    2,
    false,
  ],
])("%s: %#", (_name, events, outputTokens, isEstimated) => {
  const settled = settle(events as MessageEvent[]);
  expect(settled.usage.outputTokens).toBe(outputTokens);
  expect(settled.isEstimated).toBe(isEstimated);
});

test("never more than was asked for and put aside", () => {
  expect(settle([START, text("a".repeat(90))], 20).usage.outputTokens).toBe(20);
});
