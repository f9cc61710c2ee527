import OpenAI from "openai";
import { GatewayError } from "../../../../../services/gateway/errors/gateway-error";
import { SseParser } from "../../../../../services/gateway/providers/sse-parser";
import { toAnswer } from "../../../../../services/gateway/wire/chat-completions/answer";
import type { ChatAnswerPlan } from "../../../../../services/gateway/wire/chat-completions/answer-parts";
import { createStream } from "../../../../../services/gateway/wire/chat-completions/stream";
import { MessageCollector } from "../../../../../services/gateway/wire/internal/collect";
import { encodeEvents, type FakeEvent } from "../../../../support/services/fake-anthropic";
import {
  ALL_STREAMS,
  BROKEN_STREAMS,
  close,
  finish,
  input,
  openText,
  openTool,
  SPELLINGS,
  STREAMS,
  start,
  stop,
  text,
  toMessageEvents,
} from "../../../../support/services/message-streams";
import { Random } from "../../../../support/services/random";
import { randomStream } from "../../../../support/services/random-stream";

type Chunk = OpenAI.ChatCompletionChunk;
type Delta = Record<string, unknown>;

const IDENTITY = { id: "chatcmpl-1", created: 1, model: "alias-ü" };
const PLAN: ChatAnswerPlan = {
  includeUsage: false,
  renamedTools: new Map(),
  hiddenJsonTool: undefined,
  isJsonText: false,
  isLegacyFunctionCall: false,
  degradations: [],
};

/** What goes out, as bytes of UTF-8. */
function answer(
  events: readonly FakeEvent[],
  plan: Partial<ChatAnswerPlan> = {},
  spelling: keyof typeof SPELLINGS = "canonical",
) {
  const stream = createStream(IDENTITY, { ...PLAN, ...plan });
  const pushed = toMessageEvents(events, spelling).map((event) => stream.push(event));
  const utf8 = (text: string) => Buffer.from(text, "latin1").toString("utf8");
  return { pushed: pushed.map(utf8), end: utf8(stream.end()), stream };
}

function chunksOf(text: string): Chunk[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "" && event !== "data: [DONE]")
    .map((event) => JSON.parse(event.slice("data: ".length)) as Chunk);
}

function chunks(events: readonly FakeEvent[], plan: Partial<ChatAnswerPlan> = {}): Chunk[] {
  const { pushed, end } = answer(events, plan);
  return chunksOf(pushed.join("") + end);
}

const deltas = (events: readonly FakeEvent[], plan: Partial<ChatAnswerPlan> = {}) =>
  chunks(events, plan).flatMap(({ choices }) => choices.map((choice) => choice.delta as Delta));
const finishReason = (events: readonly FakeEvent[], plan: Partial<ChatAnswerPlan> = {}) =>
  chunks(events, plan).at(-1)?.choices[0]?.finish_reason;

/** The calls that a client puts together from a stream. */
function callsIn(out: string): object[] {
  const calls: {
    index: number;
    id?: unknown;
    type?: unknown;
    function: { name: string; arguments: string };
  }[] = [];
  for (const piece of chunksOf(out).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])) {
    const { index, id, type, function: { name = "", arguments: json = "" } = {} } = piece;
    const call = calls[index];
    if (call === undefined) calls[index] = { index, id, type, function: { name, arguments: json } };
    else call.function.arguments += json;
  }
  return calls;
}

const ROLE = { role: "assistant", content: "" };
const toolStart = (index: number, id: string, name: string) => ({
  tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }],
});
const toolInput = (index: number, json: string) => ({
  tool_calls: [{ index, function: { arguments: json } }],
});

test("is made of the bytes that clients expect", () => {
  const { pushed, end } = answer(STREAMS.text, { includeUsage: true });
  const chunk = (choice: string) =>
    `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"alias-ü",${choice}}\n\n`;
  const choice = (delta: string, reason = "null") =>
    chunk(`"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}],"usage":null`);
  expect(pushed).toEqual([
    "",
    "",
    "",
    choice('{"role":"assistant","content":""}') + choice('{"content":"Hello"}'),
    choice('{"content":" world"}'),
    "",
    "",
    "",
  ]);
  const usage =
    '{"prompt_tokens":440,"completion_tokens":7,"total_tokens":447,' +
    '"prompt_tokens_details":{"cached_tokens":400,"cache_creation_tokens":30},' +
    '"completion_tokens_details":{"reasoning_tokens":0},' +
    '"cache_creation_input_tokens":30,"cache_read_input_tokens":400}';
  expect(end).toBe(`${choice("{}", '"stop"') + chunk(`"choices":[],"usage":${usage}`)}data: [DONE]\n\n`);
});

test("has no usage anywhere when nobody asked for it", () => {
  expect(chunks(STREAMS.text).every((chunk) => !("usage" in chunk))).toBe(true);
});

test("gives nothing out before the first content, and only the end after the last", () => {
  const { pushed } = answer(STREAMS["parallel tools"]);
  expect(pushed.slice(0, 2)).toEqual(["", ""]);
  expect(pushed.slice(-2)).toEqual(["", ""]);
});

test.each<[string, readonly FakeEvent[], Delta[]]>([
  ["texts", STREAMS["two texts"], [{ content: "One. " }, { content: "Two." }, {}]],
  [
    "characters of every kind",
    STREAMS["unicode and escapes"],
    [
      { content: "Grüße " },
      { content: "漢字 🙂" },
      { content: ' "quoted" \\ \b\f\n\r\t' },
      { content: "\u001b[0m\u2028 </script> / \u007f" },
      { content: "\ud83d" },
      {},
    ],
  ],
  ["an empty text", STREAMS["empty text"], [{}]],
  ["no content", STREAMS["no content"], [{}]],
  ["text that came with its block", STREAMS["text that came with its block"], [{ content: "early" }, {}]],
  [
    "tools",
    STREAMS["parallel tools"],
    [
      { content: "Let me look." },
      toolStart(0, "toolu_1", "read_file"),
      toolInput(0, '{"pa'),
      toolInput(0, 'th": "a'),
      toolInput(0, '"}'),
      toolStart(1, "toolu_2", "write_file"),
      toolInput(1, '{"text":"ü \\n \\"x\\"","n":12345678901234567890}'),
      {},
    ],
  ],
  [
    "a tool without arguments",
    STREAMS["a tool without arguments"],
    [toolStart(0, "toolu_0", "now"), toolInput(0, "{}"), {}],
  ],
  [
    "a tool that came with its input",
    STREAMS["a tool that came with its input"],
    [toolStart(0, "toolu_0", "read_file"), toolInput(0, '{"path":"a"}'), {}],
  ],
  [
    "a tool in the start",
    STREAMS["a tool in the start"],
    [toolStart(0, "toolu_0", "read_file"), toolInput(0, '{"path":"a"}'), {}],
  ],
  [
    "a tool whose block is not closed",
    [start(), openTool(0, "now"), finish("tool_use"), stop],
    [toolStart(0, "toolu_0", "now"), toolInput(0, "{}"), {}],
  ],
  [
    "a tool without an id",
    [
      start(),
      { type: "content_block_start", index: 0, content_block: { type: "tool_use", name: "now" } },
      close(0),
      finish("tool_use"),
      stop,
    ],
    [toolStart(0, "call_chatcmpl-1_0", "now"), toolInput(0, "{}"), {}],
  ],
  [
    "thinking",
    STREAMS.thinking,
    [
      { reasoning_content: "Let me " },
      { reasoning_content: 'think "ü".' },
      {
        thinking_blocks: [{ type: "thinking", thinking: 'Let me think "ü".', signature: "EqQB/+==" }],
      },
      { thinking_blocks: [{ type: "redacted_thinking", data: "EmwK/==" }] },
      { content: "Done." },
      {},
    ],
  ],
  [
    "thinking that is not shown",
    STREAMS["thinking that is not shown"],
    [{ thinking_blocks: [{ type: "thinking", thinking: "", signature: "EqQB" }] }, { content: "Done." }, {}],
  ],
  ["a refusal", STREAMS.refusal, [{ content: "I will " }, { refusal: "Not this." }]],
  [
    "a refusal without a reason",
    [start(), finish("refusal"), stop],
    [{ refusal: "The model refused to answer." }],
  ],
  ["what it does not know", STREAMS["unknown events"], [{ content: "a" }, { content: "b" }, {}]],
  ["a repeated start", STREAMS["a repeated start"], [{ content: "a" }, {}]],
])("streams %s", (_name, events, expected) => {
  expect(deltas(events)).toEqual([ROLE, ...expected]);
});

test.each([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
  ["pause_turn", "stop"],
  ["something_new", "stop"],
])("stop_reason %s is finish_reason %s", (reason, expected) => {
  expect(finishReason([start(), openText(0), text(0, "a"), finish(reason), stop])).toBe(expected);
});

test("a tool that was renamed has the client's name", () => {
  const renamedTools = new Map([["read_file", "read.file"]]);
  expect(deltas(STREAMS["a tool that came with its input"], { renamedTools })[1]).toEqual(
    toolStart(0, "toolu_0", "read.file"),
  );
});

describe("a tool whose input is the answer", () => {
  const plan = { hiddenJsonTool: "json" };
  const call = [openTool(1, "json"), input(1, '{"a":'), input(1, '"ü"}'), close(1)];

  test("is content, and the text beside it is dropped", () => {
    const events = [start(), openText(0), text(0, "Here:"), close(0), ...call, finish("tool_use"), stop];
    expect(deltas(events, plan)).toEqual([ROLE, { content: '{"a":' }, { content: '"ü"}' }, {}]);
    expect(finishReason(events, plan)).toBe("stop");
  });

  test("without input is an empty object", () => {
    const events = [start(), openTool(0, "json"), close(0), finish("tool_use"), stop];
    expect(deltas(events, plan)).toEqual([ROLE, { content: "{}" }, {}]);
  });

  test("counts once", () => {
    const events = [
      start(),
      ...call,
      openTool(2, "json"),
      input(2, "{}"),
      close(2),
      finish("tool_use"),
      stop,
    ];
    expect(deltas(events, plan)).toEqual([ROLE, { content: '{"a":' }, { content: '"ü"}' }, {}]);
  });

  test("leaves other tools alone", () => {
    const events = [start(), ...call, openTool(2, "now"), close(2), finish("tool_use"), stop];
    expect(deltas(events, plan)).toEqual([
      ROLE,
      { content: '{"a":' },
      { content: '"ü"}' },
      toolStart(0, "toolu_2", "now"),
      toolInput(0, "{}"),
      {},
    ]);
    expect(finishReason(events, plan)).toBe("tool_calls");
  });

  test("may not be called: then the text is the answer, without the fence of a code block", () => {
    const events = [
      start(),
      openText(0),
      text(0, "```json\n{"),
      text(0, '"a":"ü"}\n```'),
      finish("end_turn"),
      stop,
    ];
    const { pushed } = answer(events, plan);
    expect(pushed.join("")).toBe("");
    expect(deltas(events, plan)).toEqual([ROLE, { content: '{"a":"ü"}' }, {}]);
  });
});

test("OpenAI's older form has one call", () => {
  const plan = { isLegacyFunctionCall: true };
  expect(deltas(STREAMS["parallel tools"], plan)).toEqual([
    ROLE,
    { content: "Let me look." },
    { function_call: { name: "read_file", arguments: "" } },
    { function_call: { arguments: '{"pa' } },
    { function_call: { arguments: 'th": "a' } },
    { function_call: { arguments: '"}' } },
    {},
  ]);
  expect(finishReason(STREAMS["parallel tools"], plan)).toBe("function_call");
});

test("an error is the last event, without [DONE], and nothing follows the provider's own", () => {
  const { pushed, stream } = answer(BROKEN_STREAMS["an error in the middle"]);
  expect(pushed.slice(3)).toEqual(["", "", ""]);
  const error = new GatewayError(503, "server_error", "Überlastet.", { code: "overloaded" });
  expect(Buffer.from(stream.fail(error), "latin1").toString()).toBe(
    'data: {"error":{"message":"Überlastet.","type":"server_error","param":null,"code":"overloaded"}}\n\n',
  );
});

test("content before the message is nothing, and keep-alives mean nothing", () => {
  const { pushed, stream } = answer([text(0, "a"), openTool(1, "now")]);
  expect(pushed).toEqual(["", ""]);
  expect(stream.keepAlive).toBe(": keep-alive\n\n");
});

const PLANS: readonly Partial<ChatAnswerPlan>[] = [
  {},
  { includeUsage: true, isLegacyFunctionCall: true },
  { hiddenJsonTool: "read_file", renamedTools: new Map([["write_file", "write.file"]]) },
  { isJsonText: true },
];

describe.each(ALL_STREAMS)("%s", (_name, events) => {
  test.each(PLANS)("has the same bytes however its events are written: %j", (plan) => {
    const { pushed, end } = answer(events, plan);
    for (const spelling of Object.keys(SPELLINGS) as (keyof typeof SPELLINGS)[]) {
      const other = answer(events, plan, spelling);
      expect([other.pushed, other.end]).toEqual([pushed, end]);
    }
  });

  test.each(PLANS)("has all that clients need in every chunk: %j", (plan) => {
    for (const chunk of chunks(events, plan)) {
      expect(chunk).toMatchObject({ ...IDENTITY, object: "chat.completion.chunk" });
      for (const choice of chunk.choices) {
        expect(Object.keys(choice)).toEqual(["index", "delta", "logprobs", "finish_reason"]);
      }
    }
    expect(answer(events, plan).end.endsWith("\n\ndata: [DONE]\n\n")).toBe(true);
  });
});

/** OpenAI's own client, which is given a stream's bytes. */
function clientOf(body: string): OpenAI {
  const headers = { "content-type": "text/event-stream" };
  return new OpenAI({ apiKey: "k", fetch: async () => new Response(body, { headers }), maxRetries: 0 });
}

const REQUEST: OpenAI.ChatCompletionCreateParamsStreaming = { model: "m", messages: [], stream: true };

test.each(Object.entries(STREAMS))(
  "%s: OpenAI's helper reads the same as without a stream",
  async (_name, events) => {
    const { pushed, end } = answer(events, { includeUsage: true });
    const collector = new MessageCollector();
    for (const event of toMessageEvents(events)) collector.push(event);
    const whole = toAnswer(collector.message(), IDENTITY, PLAN);
    const final = await clientOf(pushed.join("") + end)
      .chat.completions.stream(REQUEST)
      .finalChatCompletion();
    const message = final.choices[0]?.message;
    const expected = whole.choices[0]?.message;
    expect(message?.content ?? "").toBe(expected?.content ?? "");
    expect(final.choices[0]?.finish_reason).toBe(whole.choices[0]?.finish_reason);
    expect(message?.refusal ?? null).toBe(expected?.refusal);
    expect(
      message?.tool_calls?.map(
        (call) => call.type === "function" && [call.id, call.function.name, call.function.arguments],
      ),
    ).toEqual(expected?.tool_calls?.map((call) => [call.id, call.function.name, call.function.arguments]));
    expect(final.usage).toEqual(whole.usage);
  },
);

test("a call that is announced twice is made once, as without a stream", () => {
  const events = STREAMS["a tool in the start that is announced again"];
  const { pushed, end } = answer(events);
  const call = {
    id: "toolu_0",
    type: "function",
    function: { name: "read_file", arguments: '{"path":"a"}' },
  };
  expect(callsIn(pushed.join("") + end)).toEqual([{ index: 0, ...call }]);
  const collector = new MessageCollector();
  for (const event of toMessageEvents(events)) collector.push(event);
  const whole = toAnswer(collector.message(), IDENTITY, PLAN);
  expect(whole.choices[0]?.message.tool_calls).toEqual([call]);
});

test("random streams: the same bytes however written and cut, and the same answer as without a stream", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = new Random(seed);
    const events = randomStream(random);
    const plan = { ...PLAN, ...random.pick(PLANS) };
    const { pushed, end } = answer(events, plan);
    for (const spelling of ["padded", "escaped", "spaced"] as const) {
      const other = answer(events, plan, spelling);
      expect([seed, other.pushed, other.end]).toEqual([seed, pushed, end]);
    }

    const bytes = Buffer.from(encodeEvents(events));
    const parser = new SseParser();
    const stream = createStream(IDENTITY, plan);
    const collector = new MessageCollector();
    let out = "";
    for (let at = 0; at < bytes.length; ) {
      const size = random.int(1, 200);
      for (const event of parser.push(bytes.subarray(at, at + size))) {
        out += stream.push(event);
        collector.push(event);
      }
      at += size;
    }
    out = Buffer.from(out + stream.end(), "latin1").toString();
    expect([seed, out]).toEqual([seed, pushed.join("") + end]);

    const whole = toAnswer(collector.message(), IDENTITY, plan).choices[0];
    const joined = (field: string) =>
      chunksOf(out)
        .map(({ choices }) => (choices[0]?.delta as Delta | undefined)?.[field] ?? "")
        .join("");
    expect([seed, joined("content")]).toEqual([seed, whole?.message.content ?? ""]);
    expect([seed, joined("reasoning_content")]).toEqual([seed, whole?.message.reasoning_content ?? ""]);
    expect([seed, callsIn(out)]).toEqual([
      seed,
      (whole?.message.tool_calls ?? []).map((call, index) => ({ index, ...call })),
    ]);
    const last = chunksOf(out)
      .flatMap(({ choices }) => choices)
      .at(-1);
    expect(last?.finish_reason).toBe(whole?.finish_reason);
    expect((last?.delta as Delta | undefined)?.["refusal"] ?? null).toBe(whole?.message.refusal);
    const blocks = chunksOf(out).flatMap(
      ({ choices }) => (choices[0]?.delta as Delta | undefined)?.["thinking_blocks"] ?? [],
    );
    expect(blocks).toEqual(whole?.message.thinking_blocks ?? []);
  }
});

test("OpenAI's client throws the error of a stream", async () => {
  const { pushed, stream } = answer(BROKEN_STREAMS["cut off"]);
  const body = pushed.join("") + stream.fail(new GatewayError(502, "upstream_error", "Cut off."));
  const read = async () => {
    for await (const _chunk of await clientOf(body).chat.completions.create(REQUEST));
  };
  await expect(read()).rejects.toThrow("Cut off.");
});
