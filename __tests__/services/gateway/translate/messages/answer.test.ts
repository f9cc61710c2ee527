import { MessageCollector } from "../../../../../services/gateway/messages/collect";
import { toAnswer } from "../../../../../services/gateway/translate/messages/answer";
import { createStream } from "../../../../../services/gateway/translate/messages/stream";
import type { FakeEvent } from "../../../../support/services/fake-anthropic";
import { STREAMS, toMessageEvents } from "../../../../support/services/message-streams";
import { Random } from "../../../../support/services/random";
import { randomStream } from "../../../../support/services/random-stream";

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

// biome-ignore lint/suspicious/noExplicitAny: events are read by their paths
type Event = any;

/** Puts a stream together as Anthropic's own client does. */
function accumulate(sse: string): unknown {
  const events = sse.split("\n\n").flatMap((event): Event[] => {
    const json = event.split("\ndata: ")[1];
    return json === undefined ? [] : [JSON.parse(json)];
  });
  let message: Event;
  const inputs = new Map<number, string>();
  for (const { type, index, delta, usage, ...event } of events) {
    const block = message?.content[index];
    if (type === "message_start") message = event.message;
    if (type === "content_block_start") message.content.push(event.content_block);
    if (delta?.type === "text_delta") block.text += delta.text;
    if (delta?.type === "thinking_delta") block.thinking += delta.thinking;
    if (delta?.type === "signature_delta") block.signature = delta.signature;
    if (delta?.type === "input_json_delta") inputs.set(index, (inputs.get(index) ?? "") + delta.partial_json);
    if (type === "message_delta") {
      Object.assign(message, delta);
      Object.assign(message.usage, usage);
    }
  }
  for (const [index, json] of inputs) message.content[index].input = readInput(json);
  return message;
}

/** Random pieces rarely make an object. */
function readInput(json: string): unknown {
  try {
    const input: unknown = JSON.parse(json);
    return typeof input === "object" && input !== null ? input : {};
  } catch {
    return {};
  }
}

test("random streams: the same message as without a stream", () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const events = randomStream(new Random(seed));
    const stream = createStream(IDENTITY);
    const sse = toMessageEvents(events).map((event) => stream.push(event));
    const text = Buffer.from(sse.join("") + stream.end(), "latin1").toString("utf8");
    expect([seed, accumulate(text)]).toEqual([seed, answer(events)]);
  }
});
