import { MessageCollector } from "../../../../../services/gateway/messages/collect";
import { toAnswer } from "../../../../../services/gateway/translate/messages/answer";
import type { FakeEvent } from "../../../../support/services/fake-anthropic";
import { STREAMS, toMessageEvents } from "../../../../support/services/message-streams";

const IDENTITY = { id: "req-1", created: 1, model: "alias" };

function answer(events: readonly FakeEvent[]) {
  const collector = new MessageCollector();
  for (const event of toMessageEvents(events)) collector.push(event);
  return toAnswer(collector.message(), IDENTITY);
}

test("is the provider's message with the client's name of the model", () => {
  expect(answer(STREAMS.text)).toEqual({
    id: "msg_01",
    type: "message",
    role: "assistant",
    model: "alias",
    content: [{ type: "text", text: "Hello world" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: 10,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 400,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
      output_tokens: 7,
      service_tier: "standard",
    },
  });
});

test("has no member that Anthropic's API does not know", () => {
  expect(answer(STREAMS["a tool in the start"]).content).toEqual([
    { type: "tool_use", id: "toolu_0", name: "read_file", input: { path: "a" } },
  ]);
});

test("keeps thinking with its signature, and what is unknown", () => {
  expect(answer(STREAMS.thinking).content).toEqual([
    { type: "thinking", thinking: 'Let me think "ü".', signature: "EqQB/+==" },
    { type: "redacted_thinking", data: "EmwK/==" },
    { type: "text", text: "Done." },
  ]);
  expect(answer(STREAMS["unknown events"]).content.map(({ type }) => type)).toEqual([
    "text",
    "server_tool_use",
    "web_search_tool_result",
    "text",
  ]);
});

test("a refusal is said as Anthropic says it", () => {
  expect(answer(STREAMS.refusal)).toMatchObject({
    stop_reason: "refusal",
    stop_details: { type: "refusal", explanation: "Not this." },
  });
});
