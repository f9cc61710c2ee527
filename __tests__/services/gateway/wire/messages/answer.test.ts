import {
  allCoolingDown,
  auditUnavailable,
  budgetExceeded,
  internalError,
  invalidRequest,
  overloaded,
  rateLimited,
  shuttingDown,
  unknownKey,
} from "../../../../../services/gateway/errors/catalogue";
import { GatewayError } from "../../../../../services/gateway/errors/gateway-error";
import { MessageCollector } from "../../../../../services/gateway/wire/internal/collect";
import { MessageEvent } from "../../../../../services/gateway/wire/internal/event";
import {
  createStream,
  toAnswer,
  toMessagesError,
  toMessagesStatus,
} from "../../../../../services/gateway/wire/messages/answer";
import { encodeEvents, type FakeEvent } from "../../../../support/services/fake-anthropic";
import {
  ALL_STREAMS,
  BROKEN_STREAMS,
  close,
  delta,
  finish,
  openText,
  ping,
  SPELLINGS,
  STREAMS,
  start,
  stop,
  text,
  toMessageEvents,
} from "../../../../support/services/message-streams";
import { Random } from "../../../../support/services/random";
import { randomStream } from "../../../../support/services/random-stream";

describe("answer", () => {
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
      if (delta?.type === "input_json_delta")
        inputs.set(index, (inputs.get(index) ?? "") + delta.partial_json);
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
});

describe("stream", () => {
  const IDENTITY = { id: "req-1", created: 1, model: "alias-ü" };
  const utf8 = (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8");

  function answer(events: readonly FakeEvent[], spelling: keyof typeof SPELLINGS = "canonical") {
    const stream = createStream(IDENTITY);
    const pushed = toMessageEvents(events, spelling).map((event) => utf8(stream.push(event)));
    return { pushed, end: utf8(stream.end()), stream };
  }

  /** The events as the client must get them. */
  const sent = (...events: readonly FakeEvent[]) =>
    encodeEvents(events).replace("claude-sonnet-4-5-20250929", "alias-ü");

  test("passes events on as they came, with the client's name of the model", () => {
    const { pushed, end } = answer(STREAMS.text);
    expect(pushed).toEqual([
      "",
      "",
      "",
      sent(start(), openText(0), text(0, "Hello")),
      sent(text(0, " world")),
      sent(close(0)),
      "",
      "",
    ]);
    expect(end).toBe(sent(finish("end_turn"), stop));
  });

  test.each(Object.entries(STREAMS))("%s: everything comes, in its order", (name, events) => {
    const { pushed, end } = answer(events);
    const expected =
      name === "a repeated start" ? events.slice(1) : events.filter((event) => event.type !== "ping");
    expect(pushed.join("") + end).toBe(sent(...expected));
  });

  test.each(ALL_STREAMS)("%s: means the same however its events are written", (_name, events) => {
    const read = ({ pushed, end }: { pushed: string[]; end: string }) =>
      (pushed.join("") + end).split("\n").map((line) => {
        return line.startsWith("data: ") ? (JSON.parse(line.slice(6)) as unknown) : line;
      });
    for (const spelling of Object.keys(SPELLINGS) as (keyof typeof SPELLINGS)[]) {
      expect(read(answer(events, spelling))).toEqual(read(answer(events)));
    }
  });

  test("the end of a message is held, unless the message goes on", () => {
    const more = { type: "message_delta", delta: {}, usage: { output_tokens: 2 } };
    const { pushed, end } = answer([
      start(),
      openText(0),
      text(0, "a"),
      more,
      close(0),
      ping,
      text(1, "b"),
      close(1),
      finish("end_turn"),
      stop,
    ]);
    expect(pushed.slice(3)).toEqual([
      "",
      "",
      sent(ping),
      sent(more, close(0), text(1, "b")),
      sent(close(1)),
      "",
      "",
    ]);
    expect(end).toBe(sent(finish("end_turn"), stop));
  });

  test("an answer without content is the end", () => {
    const { pushed, end } = answer(STREAMS["no content"]);
    expect(pushed.join("")).toBe("");
    expect(end).toBe(sent(...STREAMS["no content"]));
  });

  test("what comes before the first content is held, unknown events too", () => {
    expect(answer([{ type: "brand_new_event" }, start(), ping, openText(0)]).pushed.join("")).toBe("");
  });

  test("an error is Anthropic's, once", () => {
    const { pushed, stream } = answer(BROKEN_STREAMS["an error in the middle"]);
    expect(pushed.slice(3)).toEqual(["", "", ""]);
    const error = new GatewayError(503, "server_error", "Überlastet.", { code: "overloaded" });
    expect(utf8(stream.fail(error))).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Überlastet.",' +
        '"details":{"error_code":"overloaded"}},"request_id":"req-1"}\n\n',
    );
  });

  test("keeps the connection alive as Anthropic does", () => {
    expect(createStream(IDENTITY).keepAlive).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });

  test("no event can break out of its line", () => {
    const stream = createStream(IDENTITY);
    for (const event of toMessageEvents([start(), openText(0), text(0, "a")])) stream.push(event);
    expect(stream.push(new MessageEvent("a\ndata: x", "{}"))).toBe("");
    expect(stream.push(new MessageEvent("new_event", '{"a":\n"b"}'))).toBe(
      'event: new_event\ndata: {"a":"b"}\n\n',
    );
    const raw = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n\nb"}}';
    expect(() => stream.push(new MessageEvent("content_block_delta", raw))).toThrow(SyntaxError);
  });

  test("what is no JSON never reaches the client", () => {
    const stream = createStream(IDENTITY);
    for (const event of toMessageEvents([start(), delta(0, { type: "text_delta", text: "a" })]))
      stream.push(event);
    expect(() => stream.push(new MessageEvent("content_block_stop", "<html>"))).toThrow(SyntaxError);
  });
});

describe("error body", () => {
  test.each([
    [400, 400, "invalid_request_error"],
    [401, 401, "authentication_error"],
    [402, 402, "billing_error"],
    [403, 403, "permission_error"],
    [404, 404, "not_found_error"],
    [405, 405, "invalid_request_error"],
    [409, 409, "conflict_error"],
    [413, 413, "request_too_large"],
    [415, 415, "invalid_request_error"],
    [422, 422, "invalid_request_error"],
    [429, 429, "rate_limit_error"],
    [499, 499, "api_error"],
    [500, 500, "api_error"],
    [502, 502, "api_error"],
    [503, 503, "api_error"],
    [504, 504, "timeout_error"],
  ])("status %i is answered with %i %s", (status, expected, type) => {
    const error = new GatewayError(status, "x", "Text.");
    expect(toMessagesStatus(error)).toBe(expected);
    expect(toMessagesError(error, "r1")).toEqual({
      type: "error",
      error: { type, message: "Text." },
      request_id: "r1",
    });
  });

  test.each([
    ["the provider is overloaded", new GatewayError(503, "server_error", "", { code: "overloaded" }), 529],
    ["the gateway is overloaded", overloaded("streams"), 529],
    ["all deployments are cooling down", allCoolingDown(false, 5), 529],
    ["nothing can be recorded", auditUnavailable(), 503],
    ["the gateway is closing", shuttingDown(), 503],
  ])("%s: %#", (_name, error, status) => {
    expect(toMessagesStatus(error)).toBe(status);
    expect(toMessagesError(error, "r1").error.type).toBe(status === 529 ? "overloaded_error" : "api_error");
  });

  test("a request that the provider finds too large is 413, as in Anthropic's API", () => {
    const error = new GatewayError(400, "invalid_request_error", "Too large.", { code: "request_too_large" });
    expect(toMessagesStatus(error)).toBe(413);
    expect(toMessagesError(error, "r1").error.type).toBe("request_too_large");
  });

  test("says more than the type where there is more to say", () => {
    expect(toMessagesError(invalidRequest("Wrong.", "messages"), "r1").error).toEqual({
      type: "invalid_request_error",
      message: "Wrong.",
      details: { param: "messages" },
    });
    const endsAt = new Date("2026-12-01T00:00:00Z");
    const spent = budgetExceeded({ scope: "key", limitNano: 2e9, spentNano: 1e9, neededNano: 3e9, endsAt });
    expect(toMessagesError(spent, "r1").error).toMatchObject({
      type: "billing_error",
      message: expect.stringContaining("Budget has been exceeded!"),
      details: { scope: "key", limit: 2, spent: 1, resets_at: "2026-12-01T00:00:00.000Z" },
    });
    expect(toMessagesError(unknownKey("sk-...x"), "r1").error.details).toEqual({ param: "key" });
    const limit = {
      kind: "requests",
      subject: "api_key: h",
      limit: 1,
      retryAfterSeconds: 1,
      resetsAt: endsAt,
    } as const;
    expect(toMessagesError(rateLimited(limit), "r1").error.type).toBe("rate_limit_error");
    expect(toMessagesError(internalError("r1"), "r1").error.type).toBe("api_error");
  });
});
