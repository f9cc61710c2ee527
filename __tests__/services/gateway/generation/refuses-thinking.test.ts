import { GatewayError } from "../../../../services/gateway/errors";
import { refusesThinking } from "../../../../services/gateway/generation/refuses-thinking";

const THINKING = { type: "thinking", thinking: "t", signature: "s" };
const requestWith = (...content: { type: string }[]) => ({
  model: "m",
  max_tokens: 1,
  messages: [{ role: "assistant", content }],
});
const refusal = (message: string, status = 400) =>
  new GatewayError(status, "invalid_request_error", message, { code: "400" });

test.each([
  "messages.1.content.0: Invalid `signature` in `thinking` block",
  "messages.1.content.0: thinking block is bound to a different conversation",
  "Expected `thinking` or `redacted_thinking`, but found `tool_use`",
])("%s", (message) => {
  expect(refusesThinking(refusal(message), requestWith(THINKING))).toBe(true);
  expect(refusesThinking(refusal(message), requestWith({ type: "redacted_thinking" }))).toBe(true);
  expect(refusesThinking(refusal(message), requestWith({ type: "text" }))).toBe(false);
});

test.each<[string, unknown]>([
  ["another refusal", refusal("messages: too many")],
  ["another status", refusal("thinking", 502)],
  ["another error", new Error("thinking")],
])("%s", (_name, error) => {
  expect(refusesThinking(error, requestWith(THINKING))).toBe(false);
});
