import { hasContent } from "../../../../../services/gateway/translate/openai-to-anthropic/has-content";

const block = (content_block: object) => ({ type: "content_block_start", content_block });

test.each([
  [{ type: "message_start" }, false],
  [{ type: "ping" }, false],
  [block({ type: "text", text: "" }), false],
  [block({ type: "thinking", thinking: "" }), false],
  [block({ type: "text", text: "a" }), true],
  [block({ type: "tool_use", id: "t", name: "f", input: {} }), true],
  [{ type: "content_block_delta", delta: { type: "text_delta", text: "a" } }, true],
  [{ type: "content_block_delta", delta: { type: "thinking_delta", thinking: "a" } }, true],
  [{ type: "message_delta", delta: {} }, false],
  [{}, false],
])("%j: %s", (event, expected) => {
  expect(hasContent(event)).toBe(expected);
});
