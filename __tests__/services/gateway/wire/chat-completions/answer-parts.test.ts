import {
  refusalOf,
  ThinkingBlocks,
  toChatUsage,
  toFinishReason,
  toolCallId,
} from "../../../../../services/gateway/wire/chat-completions/answer-parts";
import { NO_USAGE } from "../../../../../services/gateway/wire/internal/usage";

test.each<[string | null, number, boolean, boolean, string]>([
  ["end_turn", 0, false, false, "stop"],
  ["max_tokens", 0, false, false, "length"],
  ["model_context_window_exceeded", 0, false, false, "length"],
  ["refusal", 0, false, false, "content_filter"],
  ["tool_use", 1, false, false, "tool_calls"],
  ["tool_use", 1, false, true, "function_call"],
  ["tool_use", 0, true, false, "stop"],
  ["tool_use", 1, true, false, "tool_calls"],
  ["constructor", 0, false, false, "stop"],
  [null, 0, false, false, "stop"],
])("%j with %d calls (answer tool: %s, legacy: %s) is %s", (reason, visible, hidden, isLegacy, expected) => {
  expect(toFinishReason(reason, { visible, hidden }, { isLegacyFunctionCall: isLegacy })).toBe(expected);
});

test("only a refusal has a reason, and always one", () => {
  expect(refusalOf("stop", "x")).toBeNull();
  expect(refusalOf("content_filter", "x")).toBe("x");
  expect(refusalOf("content_filter", null)).toBe("The model refused to answer.");
});

test("the prompt counts what was read from the cache and written to it", () => {
  const usage = { ...NO_USAGE, inputTokens: 1, cacheReadTokens: 2, cacheWriteTokens: 4, outputTokens: 8 };
  expect(toChatUsage({ ...usage, thinkingTokens: 3 })).toMatchObject({
    prompt_tokens: 7,
    completion_tokens: 8,
    total_tokens: 15,
    prompt_tokens_details: { cached_tokens: 2, cache_creation_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 3 },
  });
});

describe("ThinkingBlocks", () => {
  it("gives a block out whole, once", () => {
    const blocks = new ThinkingBlocks();
    blocks.start(0, undefined);
    blocks.add(0, String.raw`a\n`);
    blocks.add(0, "b");
    blocks.sign(0, "s");
    expect(blocks.stop(0)).toEqual({ type: "thinking", thinking: "a\nb", signature: "s" });
    expect(blocks.stop(0)).toBeUndefined();
  });

  it("keeps what was not signed to itself, and passes over blocks that never began", () => {
    const blocks = new ThinkingBlocks();
    blocks.start(0, "");
    blocks.add(1, "x");
    blocks.sign(1, "s");
    expect(blocks.stop(0)).toBeUndefined();
    expect(blocks.stop(1)).toBeUndefined();
  });
});

test("a call without an id gets one", () => {
  const identity = { id: "chatcmpl-1", created: 1, model: "m" };
  expect(toolCallId("toolu_1", 0, identity)).toBe("toolu_1");
  expect(toolCallId("", 2, identity)).toBe("call_chatcmpl-1_2");
  expect(toolCallId(undefined, 0, identity)).toBe("call_chatcmpl-1_0");
});
