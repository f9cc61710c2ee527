import { GatewayError } from "../../../../../services/gateway/errors";
import type { ResponsesAnswerPlan } from "../../../../../services/gateway/translate/responses/answer-plan";
import { openReasoning } from "../../../../../services/gateway/translate/responses/reasoning-envelope";
import { createStream } from "../../../../../services/gateway/translate/responses/stream";
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
} from "../../../../support/services/responses-fixtures";

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

interface Fixture {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly plan?: ResponsesAnswerPlan;
  readonly error?: GatewayError;
  readonly events: readonly string[];
  readonly output: readonly unknown[];
}

const textPart = (text: string) => ({ type: "output_text", annotations: [], logprobs: [], text });
const messageItem = (id: string, content: readonly unknown[], status = "completed") => ({
  type: "message",
  id,
  status,
  role: "assistant",
  content,
});

const FIXTURES: readonly Fixture[] = [
  {
    name: "text",
    sources: message(textBlock(0, "Hello", " world")),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "content_part.added 0",
      'output_text.delta 0 "Hello"',
      'output_text.delta 0 " world"',
      'output_text.done 0 "Hello world"',
      "content_part.done 0",
      "output_item.done 0",
      "completed",
    ],
    output: [messageItem("msg_0f3c1_0", [textPart("Hello world")])],
  },
  {
    name: "unicode and escapes",
    sources: message(textBlock(0, 'é"\\\n\u0001', "漢🙂", "\ud83d", "\ude42")),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "content_part.added 0",
      `output_text.delta 0 ${JSON.stringify('é"\\\n\u0001')}`,
      'output_text.delta 0 "漢🙂"',
      'output_text.delta 0 "\\ud83d"',
      'output_text.delta 0 "\\ude42"',
      `output_text.done 0 ${JSON.stringify('é"\\\n\u0001漢🙂🙂')}`,
      "content_part.done 0",
      "output_item.done 0",
      "completed",
    ],
    output: [messageItem("msg_0f3c1_0", [textPart('é"\\\n\u0001漢🙂🙂')])],
  },
  {
    name: "text and parallel tools, one without arguments",
    sources: message(
      [
        ...textBlock(0, "Looking."),
        ...toolBlock(1, "toolu_1", "read", "", '{"path":', '"a"}'),
        ...toolBlock(2, "toolu_2", "list"),
      ],
      "tool_use",
    ),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "content_part.added 0",
      'output_text.delta 0 "Looking."',
      'output_text.done 0 "Looking."',
      "content_part.done 0",
      "output_item.done 0",
      "output_item.added 1",
      'function_call_arguments.delta 1 "{\\"path\\":"',
      'function_call_arguments.delta 1 "\\"a\\"}"',
      'function_call_arguments.done 1 "{\\"path\\":\\"a\\"}"',
      "output_item.done 1",
      "output_item.added 2",
      'function_call_arguments.delta 2 "{}"',
      'function_call_arguments.done 2 "{}"',
      "output_item.done 2",
      "completed",
    ],
    output: [
      messageItem("msg_0f3c1_0", [textPart("Looking.")]),
      {
        type: "function_call",
        id: "fc_0f3c1_1",
        call_id: "toolu_1",
        name: "read",
        arguments: '{"path":"a"}',
        status: "completed",
      },
      {
        type: "function_call",
        id: "fc_0f3c1_2",
        call_id: "toolu_2",
        name: "list",
        arguments: "{}",
        status: "completed",
      },
    ],
  },
  {
    name: "input that came with the start of its block",
    sources: message(block(0, { type: "tool_use", id: "t", name: "read", input: { path: "é" } }), "tool_use"),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      'function_call_arguments.delta 0 "{\\"path\\":\\"é\\"}"',
      'function_call_arguments.done 0 "{\\"path\\":\\"é\\"}"',
      "output_item.done 0",
      "completed",
    ],
    output: [
      {
        type: "function_call",
        id: "fc_0f3c1_0",
        call_id: "t",
        name: "read",
        arguments: '{"path":"é"}',
        status: "completed",
      },
    ],
  },
  {
    name: "a renamed tool in a namespace, and a custom tool",
    plan: {
      ...PLAN,
      tools: new Map([
        ["files__read_1", { kind: "function", name: "read!", namespace: "files" }],
        ["apply_patch", { kind: "custom", name: "apply_patch", namespace: undefined }],
      ]),
    },
    sources: message(
      [
        ...toolBlock(0, "toolu_1", "files__read_1", '{"a":1}'),
        ...toolBlock(1, "toolu_2", "apply_patch", '{"inp', 'ut": "*** Begin', "\\", "n+é", '"}'),
      ],
      "tool_use",
    ),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      'function_call_arguments.delta 0 "{\\"a\\":1}"',
      'function_call_arguments.done 0 "{\\"a\\":1}"',
      "output_item.done 0",
      "output_item.added 1",
      'custom_tool_call_input.delta 1 "*** Begin"',
      'custom_tool_call_input.delta 1 "\\n+é"',
      'custom_tool_call_input.done 1 "*** Begin\\n+é"',
      "output_item.done 1",
      "completed",
    ],
    output: [
      {
        type: "function_call",
        id: "fc_0f3c1_0",
        call_id: "toolu_1",
        name: "read!",
        namespace: "files",
        arguments: '{"a":1}',
        status: "completed",
      },
      {
        type: "custom_tool_call",
        id: "ctc_0f3c1_1",
        call_id: "toolu_2",
        name: "apply_patch",
        input: "*** Begin\n+é",
        status: "completed",
      },
    ],
  },
  {
    name: "the hidden tool of structured output",
    plan: { ...PLAN, hiddenJsonTool: "answer_in_json" },
    sources: message(toolBlock(0, "toolu_1", "answer_in_json", '{"a":', "1}"), "tool_use"),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "content_part.added 0",
      'output_text.delta 0 "{\\"a\\":"',
      'output_text.delta 0 "1}"',
      'output_text.done 0 "{\\"a\\":1}"',
      "content_part.done 0",
      "output_item.done 0",
      "completed",
    ],
    output: [messageItem("msg_0f3c1_0", [textPart('{"a":1}')])],
  },
  {
    name: "thinking with a summary",
    plan: { ...PLAN, showsReasoning: true },
    sources: message([
      ...block(
        0,
        { type: "thinking", thinking: "", signature: "" },
        thinking("Hm"),
        thinking("."),
        signature("c2ln"),
      ),
      ...textBlock(1, "Yes"),
    ]),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "reasoning_summary_part.added 0",
      'reasoning_summary_text.delta 0 "Hm"',
      'reasoning_summary_text.delta 0 "."',
      'reasoning_summary_text.done 0 "Hm."',
      "reasoning_summary_part.done 0",
      "output_item.done 0",
      "output_item.added 1",
      "content_part.added 1",
      'output_text.delta 1 "Yes"',
      'output_text.done 1 "Yes"',
      "content_part.done 1",
      "output_item.done 1",
      "completed",
    ],
    output: [
      { type: "reasoning", id: "rs_0f3c1_0", summary: [{ type: "summary_text", text: "Hm." }] },
      messageItem("msg_0f3c1_1", [textPart("Yes")]),
    ],
  },
  {
    name: "thinking that nobody asked to see",
    sources: message([
      ...block(0, { type: "thinking", thinking: "" }, thinking("Hm"), signature("c2ln")),
      ...textBlock(1, "Yes"),
    ]),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "output_item.done 0",
      "output_item.added 1",
      "content_part.added 1",
      'output_text.delta 1 "Yes"',
      'output_text.done 1 "Yes"',
      "content_part.done 1",
      "output_item.done 1",
      "completed",
    ],
    output: [
      { type: "reasoning", id: "rs_0f3c1_0", summary: [] },
      messageItem("msg_0f3c1_1", [textPart("Yes")]),
    ],
  },
  {
    name: "a refusal after some text",
    sources: message(textBlock(0, "First"), "refusal", "Not this."),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "content_part.added 0",
      'output_text.delta 0 "First"',
      'output_text.done 0 "First"',
      "content_part.done 0",
      "output_item.done 0",
      "output_item.added 1",
      "content_part.added 1",
      'refusal.delta 1 "Not this."',
      'refusal.done 1 "Not this."',
      "content_part.done 1",
      "output_item.done 1",
      "incomplete",
    ],
    output: [
      messageItem("msg_0f3c1_0", [textPart("First")], "incomplete"),
      messageItem("msg_0f3c1_1", [{ type: "refusal", refusal: "Not this." }]),
    ],
  },
  {
    name: "arguments cut off by max_tokens",
    sources: message(toolBlock(0, "toolu_1", "read", '{"pa'), "max_tokens"),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      'function_call_arguments.delta 0 "{\\"pa"',
      'function_call_arguments.done 0 "{\\"pa"',
      "output_item.done 0",
      "incomplete",
    ],
    output: [
      {
        type: "function_call",
        id: "fc_0f3c1_0",
        call_id: "toolu_1",
        name: "read",
        arguments: '{"pa',
        status: "incomplete",
      },
    ],
  },
  {
    name: "an answer without content",
    sources: message([]),
    events: ["created", "in_progress", "completed"],
    output: [],
  },
  {
    name: "empty blocks, and blocks and deltas that a response has no place for",
    sources: message([
      ...textBlock(0, ""),
      ...block(1, { type: "server_tool_use", id: "s", name: "web_search", input: {} }, json('{"q":1}')),
      ...block(
        2,
        { type: "text", text: "" },
        { type: "citations_delta", citation: {} },
        { type: "text_delta", text: "a" },
      ),
    ]),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "content_part.added 0",
      'output_text.delta 0 "a"',
      'output_text.done 0 "a"',
      "content_part.done 0",
      "output_item.done 0",
      "completed",
    ],
    output: [messageItem("msg_0f3c1_0", [textPart("a")])],
  },
];

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
          event.constructor as typeof import("../../../../../services/gateway/messages/event").MessageEvent
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
  const head = { id: "resp_0f3c1", object: "response", created_at: 1_790_000_000, model: "claude" };
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
      signature("c2"),
      signature("ln"),
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
