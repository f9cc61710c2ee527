import { GatewayError } from "../../../../../services/gateway/errors/gateway-error";
import {
  type CollectedMessage,
  MessageCollector,
} from "../../../../../services/gateway/wire/internal/collect";
import { openReasoning } from "../../../../../services/gateway/wire/responses/reasoning-envelope";
import type { ResponsesAnswerPlan } from "../../../../../services/gateway/wire/responses/response-object";
import { createStream, toAnswer } from "../../../../../services/gateway/wire/responses/stream";
import { STREAMS } from "../../../../support/services/message-streams";
import { Random } from "../../../../support/services/random";
import { randomStream } from "../../../../support/services/random-stream";
import {
  block,
  IDENTITY,
  json,
  message,
  PLAN,
  readEvents,
  readWithOpenAi,
  type Source,
  type StreamedEvent,
  signature,
  streamText,
  textBlock,
  thinking,
  toEvent,
  toolBlock,
  USAGE,
} from "../../../../support/services/responses-events";
import { FIXTURES } from "../../../../support/services/responses-fixtures";

describe("stream", () => {
  const MODEL = "claude-opus-4-6";
  const WITH_REASONING: ResponsesAnswerPlan = {
    ...PLAN,
    showsReasoning: true,
    includesEncryptedReasoning: true,
  };

  /** The events in short: type, place and what they carry. */
  function outline(events: readonly StreamedEvent[]): string[] {
    return events.map((event) => {
      const { type, output_index: index, delta, text, refusal, arguments: args, input } = event;
      const carried = delta ?? text ?? refusal ?? args ?? input;
      const short = type.replace("response.", "");
      return [
        short,
        ...(index === undefined ? [] : [index]),
        ...(carried === undefined ? [] : [JSON.stringify(carried)]),
      ].join(" ");
    });
  }

  describe.each(FIXTURES)("$name", ({ sources, plan, events, output }) => {
    const sse = streamText(sources, plan);
    const sent = readEvents(sse);

    it("is told in this order", () => expect(outline(sent)).toEqual(events));

    it("has all items in the last response", () => {
      expect((sent.at(-1) as unknown as { response: { output: unknown } }).response.output).toEqual(output);
    });

    it("numbers its events", () => {
      expect(sent.map((event) => event["sequence_number"])).toEqual(sent.map((_, index) => index));
    });

    it("is read by the official client", async () => {
      const response = await readWithOpenAi(sse);
      expect(JSON.parse(JSON.stringify(response.output))).toMatchObject(output);
      expect(response.status).toBe((events.at(-1) as string) === "completed" ? "completed" : "incomplete");
      expect(response.usage).toEqual(USAGE);
    });

    it("gives the same bytes when events are not written as usual", () => {
      const stream = createStream(IDENTITY, plan ?? PLAN);
      const spaced = sources.map((source) => {
        const event = toEvent(source);
        return stream.push(
          new (
            event.constructor as typeof import("../../../../../services/gateway/wire/internal/event").MessageEvent
          )(event.type, ` ${event.json}`),
        );
      });
      expect(Buffer.from(spaced.join("") + stream.end(), "latin1").toString()).toBe(sse);
    });
  });

  test("nothing is given out before the first content", () => {
    const stream = createStream(IDENTITY, PLAN);
    const [start, ping, blockStart, empty, first] = message(textBlock(0, "", "a")) as [
      Source,
      Source,
      Source,
      Source,
      Source,
    ];
    expect([start, ping, blockStart, empty].map((source) => stream.push(toEvent(source)))).toEqual([
      "",
      "",
      "",
      "",
    ]);
    expect(readEvents(stream.push(toEvent(first))).map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
    ]);
  });

  test("the end of the last item waits for the end of the answer", () => {
    const stream = createStream(IDENTITY, PLAN);
    const given = message(textBlock(0, "a")).map((source) => stream.push(toEvent(source)));
    expect(readEvents(given.join("")).at(-1)?.type).toBe("response.output_text.delta");
    expect(readEvents(stream.end()).map(({ type }) => type)).toEqual([
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
  });

  test("the response repeats the request's settings, and says what it is", () => {
    const sse = streamText(message(textBlock(0, "a")), PLAN);
    const head = { id: "resp_0f3c-1", object: "response", created_at: 1_790_000_000, model: "claude" };
    const [created, inProgress] = readEvents(sse);
    const begun = {
      ...head,
      status: "in_progress",
      error: null,
      incomplete_details: null,
      output: [],
      ...PLAN.settings,
    };
    expect(created?.["response"]).toEqual(begun);
    expect(inProgress?.["response"]).toEqual(begun);
    expect(readEvents(sse).at(-1)?.["response"]).toEqual({
      ...begun,
      status: "completed",
      output: expect.any(Array),
      usage: USAGE,
    });
  });

  test.each([
    ["max_tokens", "max_output_tokens"],
    ["model_context_window_exceeded", "max_output_tokens"],
    ["refusal", "content_filter"],
  ])("stop_reason %s is incomplete because of %s", (stopReason, reason) => {
    const last = readEvents(streamText(message(textBlock(0, "a"), stopReason))).at(-1);
    expect(last).toMatchObject({ type: "response.incomplete", response: { incomplete_details: { reason } } });
  });

  test.each(["end_turn", "stop_sequence", "tool_use", "pause_turn", "something_new"])(
    "stop_reason %s completes",
    (stopReason) => {
      expect(readEvents(streamText(message(textBlock(0, "a"), stopReason))).at(-1)?.type).toBe(
        "response.completed",
      );
    },
  );

  describe("reasoning that the client can give back", () => {
    const blocks = [
      ...block(
        0,
        { type: "thinking", thinking: "", signature: "" },
        thinking('é"'),
        thinking("2"),
        signature("c2ln"),
      ),
      ...block(1, { type: "redacted_thinking", data: "b3BhcXVl" }),
      ...block(2, { type: "thinking", thinking: "", signature: "" }, signature("b21pdHRlZA==")),
      ...textBlock(3, "a"),
    ];

    it("is sealed in its item", () => {
      const output = (
        readEvents(streamText(message(blocks), WITH_REASONING)).at(-1) as unknown as {
          response: { output: { encrypted_content: string; summary: unknown[] }[] };
        }
      ).response.output;
      expect(output.slice(0, 3).map((item) => openReasoning(item.encrypted_content, MODEL))).toEqual([
        { type: "thinking", thinking: 'é"2', signature: "c2ln" },
        { type: "redacted_thinking", data: "b3BhcXVl" },
        { type: "thinking", thinking: "", signature: "b21pdHRlZA==" },
      ]);
      expect(output.map((item) => item.summary?.length)).toEqual([1, 0, 0, undefined]);
    });

    it("is read by the official client", async () => {
      const { output } = await readWithOpenAi(streamText(message(blocks), WITH_REASONING));
      expect(output.map(({ type }) => type)).toEqual(["reasoning", "reasoning", "reasoning", "message"]);
    });

    it("is not sealed when its signature is missing", () => {
      const unsigned = message([
        ...block(0, { type: "thinking", thinking: "" }, thinking("Hm")),
        ...textBlock(1, "a"),
      ]);
      expect(streamText(unsigned, WITH_REASONING)).not.toContain("encrypted_content");
    });
  });

  describe("a failure", () => {
    const overloaded = new GatewayError(503, "server_error", "The provider is overloaded or failing.", {
      code: "overloaded",
    });

    it("in the middle ends the item, tells of the error and fails the response", async () => {
      const sources = message(textBlock(0, "Hel")).slice(0, 4);
      const events = readEvents(streamText(sources, PLAN, overloaded));
      expect(outline(events).slice(5)).toEqual([
        'output_text.done 0 "Hel"',
        "content_part.done 0",
        "output_item.done 0",
        "error",
        "failed",
      ]);
      expect(events.at(-2)).toEqual({
        type: "error",
        code: "overloaded",
        message: "The provider is overloaded or failing.",
        param: null,
        error: {
          type: "server_error",
          code: "overloaded",
          message: "The provider is overloaded or failing.",
          param: null,
        },
        sequence_number: 8,
      });
      expect(events.at(-1)).toMatchObject({
        type: "response.failed",
        response: {
          status: "failed",
          error: { code: "server_error", message: "The provider is overloaded or failing." },
          output: [{ status: "incomplete" }],
          usage: { input_tokens: 17 },
        },
      });
      await expect(readWithOpenAi(streamText(sources, PLAN, overloaded))).rejects.toThrow("overloaded");
    });

    it("before anything was sent is a whole stream, too", () => {
      expect(outline(readEvents(streamText([], PLAN, overloaded)))).toEqual([
        "created",
        "in_progress",
        "error",
        "failed",
      ]);
    });

    it("of a conversation that is too long says so in the words that clients look for", () => {
      const error = new GatewayError(
        400,
        "invalid_request_error",
        "prompt is too long: 2 tokens > 1 maximum",
        {
          code: "context_length_exceeded",
        },
      );
      const message =
        "This model's maximum context length is 1 tokens; prompt is too long: 2 tokens > 1 maximum";
      const [told, failed] = readEvents(streamText([], PLAN, error)).slice(-2);
      expect(told).toMatchObject({ code: "context_length_exceeded", message, error: { message } });
      expect(failed).toMatchObject({ response: { error: { code: "context_length_exceeded", message } } });
    });

    it.each([
      [429, "rate_limit_exceeded"],
      [400, "invalid_prompt"],
      [499, "invalid_prompt"],
      [500, "server_error"],
      [503, "server_error"],
    ])("of status %i has the code %s", (status, code) => {
      const error = new GatewayError(status, "x", "m");
      expect(readEvents(streamText([], PLAN, error)).at(-1)).toMatchObject({
        response: { error: { code, message: "m" } },
      });
    });
  });

  test("a piece of JSON in a custom tool's text does not end it", () => {
    const plan: ResponsesAnswerPlan = {
      ...PLAN,
      tools: new Map([["run", { kind: "custom", name: "run", namespace: undefined }]]),
    };
    const inner = JSON.stringify({ input: 'a"}\\\u2028' });
    const sources = message(
      block(0, { type: "tool_use", id: "t", name: "run", input: {} }, ...Array.from(inner, json)),
      "tool_use",
    );
    expect(readEvents(streamText(sources, plan)).at(-2)).toMatchObject({ item: { input: 'a"}\\\u2028' } });
  });

  describe("random streams, some with events that make no sense", () => {
    const random = new Random(20_261_124);
    const plans: readonly ResponsesAnswerPlan[] = [
      PLAN,
      WITH_REASONING,
      {
        ...WITH_REASONING,
        hiddenJsonTool: "json",
        tools: new Map([["run", { kind: "custom", name: "run", namespace: "n" }]]),
      },
    ];
    const parts = () =>
      Array.from({ length: random.int(0, 3) }, () => random.pick(["a", "", 'é"', "{", '{"input":"x', "}"]));
    const makers: readonly ((index: number) => Source[])[] = [
      (index) => textBlock(index, ...parts()),
      (index) =>
        block(index, { type: "thinking", thinking: "" }, ...parts().map(thinking), signature("c2ln")),
      (index) => block(index, { type: "redacted_thinking", data: "eA==" }),
      (index) => toolBlock(index, `toolu_${index}`, random.pick(["run", "json", "list"]), ...parts()),
      (index) => [
        { type: "content_block_delta", index, delta: random.pick([json("x"), { type: "new" }, {}]) },
      ],
      (index) => [
        {
          type: "content_block_start",
          index: index + 1,
          content_block: { type: random.pick(["text", "new", "thinking", "tool_use"]) },
        },
      ],
      () => [
        random.pick<Source>([
          { type: "ping" },
          { type: "content_block_delta" },
          { type: "content_block_start" },
          { type: "new" },
          { type: "message_start", message: {} },
        ]),
      ],
    ];

    it("are read by the official client, with the items that the last response has", async () => {
      for (let round = 0; round < 150; round += 1) {
        const blocks = Array.from({ length: random.int(0, 5) }, (_, index) =>
          random.pick(makers)(index),
        ).flat();
        const sources = message(blocks, random.pick(["end_turn", "tool_use", "max_tokens", "refusal"]));
        const sse = streamText(sources, random.pick(plans));
        const events = readEvents(sse);
        const last = events.at(-1) as unknown as { response: { output: { id: string }[] } };
        const read = JSON.parse(JSON.stringify(await readWithOpenAi(sse))) as { output: object[] };
        expect(read.output).toMatchObject(last.response.output);
        const ended = events
          .filter(({ type }) => type === "response.output_item.done")
          .map(({ item }) => item);
        expect(ended).toEqual(last.response.output);
        expect(new Set(last.response.output.map(({ id }) => id)).size).toBe(ended.length);
      }
    });
  });
});

describe("answer", () => {
  function collect(sources: readonly Source[]): CollectedMessage {
    const collector = new MessageCollector();
    for (const source of sources) collector.push(toEvent(source));
    return collector.message();
  }

  test.each(FIXTURES)(
    "$name is the response that the stream ends with",
    ({ sources, plan = PLAN, output }) => {
      const answer = toAnswer(collect(sources), IDENTITY, plan);
      expect(answer).toEqual(readEvents(streamText(sources, plan)).at(-1)?.["response"]);
      expect(answer).toMatchObject({ output });
    },
  );

  test("reasoning is sealed as in the stream", () => {
    const plan: ResponsesAnswerPlan = { ...PLAN, showsReasoning: true, includesEncryptedReasoning: true };
    const sources = message([
      ...block(0, { type: "thinking", thinking: "", signature: "" }, thinking("Hé"), signature("c2ln")),
      ...block(1, { type: "redacted_thinking", data: "b3BhcXVl" }),
      ...textBlock(2, "a"),
    ]);
    const answer = toAnswer(collect(sources), IDENTITY, plan);
    expect(answer).toEqual(readEvents(streamText(sources, plan)).at(-1)?.["response"]);
  });

  test("a response has its settings, counters and end", () => {
    const answer = toAnswer(collect(message(textBlock(0, "a"), "refusal")), IDENTITY, PLAN);
    expect(answer).toEqual({
      id: "resp_0f3c-1",
      object: "response",
      created_at: 1_790_000_000,
      model: "claude",
      status: "incomplete",
      error: null,
      incomplete_details: { reason: "content_filter" },
      output: [
        expect.objectContaining({ status: "incomplete" }),
        expect.objectContaining({ content: [{ type: "refusal", refusal: "The model refused to answer." }] }),
      ],
      usage: USAGE,
      ...PLAN.settings,
    });
  });

  test.each([
    ["resp_1-a", "resp_1-a"],
    ["chatcmpl-1-a", "resp_1-a"],
    ['1"a', "resp_1a"],
  ])("the id %s becomes %s", (id, expected) => {
    expect(toAnswer(collect(message([])), { ...IDENTITY, id }, PLAN)).toMatchObject({ id: expected });
  });

  const PLANS: readonly Partial<ResponsesAnswerPlan>[] = [
    {},
    { showsReasoning: true, includesEncryptedReasoning: true },
    { hiddenJsonTool: "one" },
    { isJsonText: true },
    { tools: new Map([["one", { kind: "custom", name: "patch", namespace: undefined }]]) },
    { tools: new Map([["two", { kind: "function", name: "go", namespace: "mcp" }]]) },
  ];

  test("random streams: the same response as without a stream", () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = new Random(seed);
      const sources = randomStream(random);
      const plan = { ...PLAN, ...random.pick(PLANS) };
      const events = readEvents(streamText(sources, plan));
      expect([seed, toAnswer(collect(sources), IDENTITY, plan)]).toEqual([seed, events.at(-1)?.["response"]]);
      expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_event, index) => index));
    }
  });

  test("an input that was written as {} is the same where the length cut the answer off", () => {
    const sources = message(
      block(0, { type: "tool_use", id: "toolu_1", name: "now", input: {} }, json("{}")),
      "max_tokens",
    );
    const answer = toAnswer(collect(sources), IDENTITY, PLAN);
    expect(answer).toEqual(readEvents(streamText(sources)).at(-1)?.["response"]);
    expect(answer).toMatchObject({ output: [{ arguments: "{}", status: "incomplete" }] });
  });

  test("text that was asked to be JSON has no fence", () => {
    const plan = { ...PLAN, isJsonText: true };
    const sources = message([...textBlock(0, "```js", 'on\n{"a":1}', "\n```"), ...textBlock(1, "[]")]);
    const answer = toAnswer(collect(sources), IDENTITY, plan);
    expect(answer).toEqual(readEvents(streamText(sources, plan)).at(-1)?.["response"]);
    expect(answer).toMatchObject({
      output: [{ content: [{ text: '{"a":1}' }] }, { content: [{ text: "[]" }] }],
    });
  });

  test("a call that is announced twice is made once", () => {
    const sources = STREAMS["a tool in the start that is announced again"];
    const answer = toAnswer(collect(sources), IDENTITY, PLAN);
    expect(answer).toEqual(readEvents(streamText(sources)).at(-1)?.["response"]);
    expect(answer).toMatchObject({ output: [{ type: "function_call", arguments: '{"path":"a"}' }] });
  });
});
