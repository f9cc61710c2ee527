import { MessageEvent } from "../../../../services/gateway/messages/event";
import { hasContent } from "../../../../services/gateway/messages/has-content";

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
