import {
  endMessage,
  type MessageEvent,
} from "../../../../../services/gateway/translate/openai-to-anthropic/message-events";
import {
  beginStream,
  reduceStream,
} from "../../../../../services/gateway/translate/openai-to-anthropic/stream";
import { SseParser } from "../../../../../services/gateway/translate/sse";
import {
  encodeEvents,
  messageEvents,
  messageStart,
  textDelta,
} from "../../../../support/services/fake-anthropic";

const IDENTITY = { id: "chatcmpl-1", created: 1, model: "alias" };

function fold(events: readonly MessageEvent[], includeUsage = false) {
  let state = beginStream(IDENTITY, includeUsage);
  const chunks = [];
  for (const event of events) {
    const [next, out] = reduceStream(state, event);
    state = next;
    chunks.push(...out);
  }
  return { state, chunks };
}

test("each chunk has all that clients need", () => {
  const { chunks } = fold(messageEvents(["a"]), true);
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 1,
      model: "alias",
      choices: expect.any(Array),
    });
  }
  expect(chunks.map((chunk) => chunk.usage)).toEqual([
    null,
    null,
    null,
    expect.objectContaining({ completion_tokens: 7 }),
  ]);
  expect(fold(messageEvents(["a"])).chunks.every((chunk) => !("usage" in chunk))).toBe(true);
});

test("nothing is given out before the first content", () => {
  const [start, blockStart, ping, ...rest] = messageEvents(["a"]);
  expect(fold([start, blockStart, ping] as MessageEvent[]).chunks).toEqual([]);
  expect(fold([start, rest[0]] as MessageEvent[]).chunks).toHaveLength(2);
});

test.each([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
  ["something_new", "stop"],
])("stop_reason %s is finish_reason %s", (stopReason, finishReason) => {
  expect(fold(messageEvents(["a"], stopReason)).chunks.at(-1)?.choices[0]?.finish_reason).toBe(finishReason);
});

test("usage is cumulative: the last counter that is one stands", () => {
  const { state } = fold([
    messageStart(),
    { type: "message_delta", delta: {}, usage: { output_tokens: 3, input_tokens: null } },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn" },
      usage: { output_tokens: 5, input_tokens: 12, cache_read_input_tokens: -1 },
    },
    { type: "message_delta", delta: {}, usage: { output_tokens: 1e300 } },
  ]);
  expect(state.message.usage).toEqual({
    inputTokens: 12,
    outputTokens: 5,
    cacheReadTokens: 4,
    cacheWriteTokens: 3,
    cacheWrite1hTokens: 0,
  });
  expect(state.message.stopReason).toBe("end_turn");
});

test("what is unknown changes nothing", () => {
  const { state, chunks } = fold([
    messageStart(),
    messageStart(),
    { type: "brand_new_event" },
    { type: "content_block_delta", delta: { type: "brand_new_delta", text: "x" } },
    { type: "content_block_delta", delta: { type: "text_delta", text: 5 } },
    { type: "content_block_start", content_block: { type: "text", text: "early" } },
  ]);
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content)).toEqual(["", "early"]);
  expect(state.message.phase).toBe("text");
});

test.each<[string, MessageEvent[], string]>([
  [
    "an error event",
    [messageStart(), textDelta("a"), { type: "error", error: { type: "overloaded_error", message: "busy" } }],
    "overloaded_error",
  ],
  ["content before the start", [textDelta("a")], "api_error"],
  ["an end before the start", [{ type: "message_stop" }], "api_error"],
  ["an error without a text", [{ type: "error" }], "api_error"],
])("%s fails the stream, and nothing follows", (_name, events, type) => {
  const { state } = fold(events);
  expect(state.message).toMatchObject({ phase: "failed", failure: { type } });
  const [after, chunks] = reduceStream(state, textDelta("more"));
  expect(chunks).toEqual([]);
  expect(after.message.phase).toBe("failed");
});

test("a stream that is over before its end was cut off", () => {
  expect(endMessage(fold([messageStart(), textDelta("a")]).state.message)).toMatchObject({ phase: "failed" });
  expect(endMessage(fold(messageEvents(["a"])).state.message)).toMatchObject({ phase: "done" });
});

test("bytes cut anywhere give the same chunks", () => {
  const events = messageEvents(["Grüße ", "漢字 🙂", ' "quoted" \\ ']);
  const expected = fold(events, true).chunks;
  const bytes = Buffer.from(encodeEvents(events));
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const parser = new SseParser();
    const parsed = [...parser.push(bytes.subarray(0, cut)), ...parser.push(bytes.subarray(cut))];
    expect(
      fold(
        parsed.map(({ data }) => JSON.parse(data) as MessageEvent),
        true,
      ).chunks,
    ).toEqual(expected);
  }
});
