import type OpenAI from "openai";
import { invalidRequest } from "../../../../../services/gateway/errors/catalogue";
import { GatewayError } from "../../../../../services/gateway/errors/gateway-error";
import { toAnswer, toChatError } from "../../../../../services/gateway/wire/chat-completions/answer";
import type { ChatAnswerPlan } from "../../../../../services/gateway/wire/chat-completions/answer-parts";
import { MessageCollector } from "../../../../../services/gateway/wire/internal/collect";
import type { FakeEvent } from "../../../../support/services/fake-anthropic";
import {
  ALL_STREAMS,
  BROKEN_STREAMS,
  close,
  finish,
  input,
  openText,
  openTool,
  STREAMS,
  start,
  stop,
  text,
  toMessageEvents,
} from "../../../../support/services/message-streams";

describe("answer", () => {
  const IDENTITY = { id: "chatcmpl-1", created: 1, model: "alias" };
  const PLAN: ChatAnswerPlan = {
    includeUsage: false,
    renamedTools: new Map(),
    hiddenJsonTool: undefined,
    isJsonText: false,
    isLegacyFunctionCall: false,
    degradations: [],
  };

  type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

  /** Whoever expects OpenAI's type gets it; the compiler says so. */
  function answer(
    events: readonly FakeEvent[],
    plan: Partial<ChatAnswerPlan> = {},
  ): DeepReadonly<OpenAI.ChatCompletion> {
    const collector = new MessageCollector();
    for (const event of toMessageEvents(events)) collector.push(event);
    return toAnswer(collector.message(), IDENTITY, { ...PLAN, ...plan });
  }

  const choice = (events: readonly FakeEvent[], plan: Partial<ChatAnswerPlan> = {}) =>
    answer(events, plan).choices[0];
  const call = (id: string, name: string, json: string) => ({
    id,
    type: "function",
    function: { name, arguments: json },
  });

  test("is a whole chat completion", () => {
    expect(answer(STREAMS.text)).toEqual({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model: "alias",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello world", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 440,
        completion_tokens: 7,
        total_tokens: 447,
        prompt_tokens_details: { cached_tokens: 400, cache_creation_tokens: 30 },
        completion_tokens_details: { reasoning_tokens: 0 },
        cache_creation_input_tokens: 30,
        cache_read_input_tokens: 400,
      },
    });
  });

  test.each<[string, readonly FakeEvent[], string, object]>([
    ["texts, joined", STREAMS["two texts"], "stop", { content: "One. Two." }],
    ["an empty text", STREAMS["empty text"], "stop", { content: "" }],
    ["no content", STREAMS["no content"], "stop", { content: "" }],
    [
      "tools",
      STREAMS["parallel tools"],
      "tool_calls",
      {
        content: "Let me look.",
        tool_calls: [
          call("toolu_1", "read_file", '{"path": "a"}'),
          call("toolu_2", "write_file", '{"text":"ü \\n \\"x\\"","n":12345678901234567890}'),
        ],
      },
    ],
    [
      "a tool without arguments and nothing else",
      STREAMS["a tool without arguments"],
      "tool_calls",
      { content: null, tool_calls: [call("toolu_0", "now", "{}")] },
    ],
    [
      "a tool in the start",
      STREAMS["a tool in the start"],
      "tool_calls",
      { content: null, tool_calls: [call("toolu_0", "read_file", '{"path":"a"}')] },
    ],
    [
      "arguments that the length cut off",
      [...BROKEN_STREAMS["cut off in a tool"], close(0), finish("max_tokens"), stop],
      "length",
      { content: null, tool_calls: [call("toolu_0", "read_file", '{"path":"a')] },
    ],
    [
      "thinking",
      STREAMS.thinking,
      "stop",
      {
        content: "Done.",
        reasoning_content: 'Let me think "ü".',
        thinking_blocks: [
          { type: "thinking", thinking: 'Let me think "ü".', signature: "EqQB/+==" },
          { type: "redacted_thinking", data: "EmwK/==" },
        ],
      },
    ],
    [
      "thinking that is not shown",
      STREAMS["thinking that is not shown"],
      "stop",
      { content: "Done.", thinking_blocks: [{ type: "thinking", thinking: "", signature: "EqQB" }] },
    ],
    ["a refusal", STREAMS.refusal, "content_filter", { content: "I will ", refusal: "Not this." }],
    [
      "a refusal without text or reason",
      [start(), finish("refusal"), stop],
      "content_filter",
      { content: null, refusal: "The model refused to answer." },
    ],
    ["what it does not know", STREAMS["unknown events"], "stop", { content: "ab" }],
  ])("answers %s", (_name, events, reason, message) => {
    expect(choice(events)).toEqual({
      index: 0,
      message: { role: "assistant", refusal: null, ...message },
      logprobs: null,
      finish_reason: reason,
    });
  });

  test("a tool that was renamed has the client's name", () => {
    const renamedTools = new Map([["read_file", "read.file"]]);
    expect(choice(STREAMS["a tool in the start"], { renamedTools })?.message.tool_calls).toEqual([
      call("toolu_0", "read.file", '{"path":"a"}'),
    ]);
  });

  test("the input of a hidden tool is the content", () => {
    const hidden = [openTool(1, "json"), input(1, '{"a":1}'), close(1)];
    const events = [start(), openText(0), text(0, "Here:"), close(0), ...hidden, finish("tool_use"), stop];
    const plan = { hiddenJsonTool: "json" };
    expect(choice(events, plan)).toMatchObject({
      message: { role: "assistant", content: '{"a":1}', refusal: null },
      finish_reason: "stop",
    });
    expect(choice(events, plan)?.message).not.toHaveProperty("tool_calls");
  });

  test("text is the content when the hidden tool is not called", () => {
    const events = [start(), openText(0), text(0, '```json\n{"a":1}\n```'), finish("end_turn"), stop];
    expect(choice(events, { hiddenJsonTool: "json" })?.message.content).toBe('{"a":1}');
    expect(choice(events)?.message.content).toBe('```json\n{"a":1}\n```');
  });

  test("OpenAI's older form has one call", () => {
    const { message, finish_reason } =
      choice(STREAMS["parallel tools"], { isLegacyFunctionCall: true }) ?? {};
    expect(message).toEqual({
      role: "assistant",
      content: "Let me look.",
      refusal: null,
      function_call: { name: "read_file", arguments: '{"path": "a"}' },
    });
    expect(finish_reason).toBe("function_call");
  });

  test.each(ALL_STREAMS)("%s: has all that OpenAI requires", (_name, events) => {
    const [only, ...others] = answer(events).choices;
    expect(others).toEqual([]);
    expect(Object.keys(only ?? {})).toEqual(["index", "message", "logprobs", "finish_reason"]);
    expect(Object.keys(only?.message ?? {}).slice(0, 3)).toEqual(["role", "content", "refusal"]);
  });
});

describe("error body", () => {
  const tooLong = (message: string) =>
    new GatewayError(400, "invalid_request_error", message, { code: "context_length_exceeded" });

  test.each([
    [
      "prompt is too long: 210000 tokens > 200000 maximum",
      "This model's maximum context length is 200000 tokens; prompt is too long: 210000 tokens > 200000 maximum",
    ],
    [
      "Input is too long for requested model.",
      "This model's maximum context length is exceeded; Input is too long for requested model.",
    ],
    [
      "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
      "This model's maximum context length is exceeded; input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
    ],
    ["too many for the context window", "too many for the context window"],
  ])("%s", (message, expected) => {
    expect(toChatError(tooLong(message))).toEqual({
      error: {
        message: expected,
        type: "invalid_request_error",
        param: null,
        code: "context_length_exceeded",
      },
    });
  });

  test("every other error is as it is", () => {
    const error = invalidRequest("prompt is too long", "messages");
    expect(toChatError(error)).toEqual(error.toBody());
  });
});
