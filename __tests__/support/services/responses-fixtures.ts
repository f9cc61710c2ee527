import OpenAI from "openai";
import type { Response as OpenAiResponse } from "openai/resources/responses/responses";
import type { GatewayError } from "../../../services/gateway/errors/gateway-error";
import { MessageEvent } from "../../../services/gateway/wire/internal/event";
import type { ResponsesAnswerPlan } from "../../../services/gateway/wire/responses/response-object";
import { createStream } from "../../../services/gateway/wire/responses/stream";

export const IDENTITY = { id: "0f3c-1", created: 1_790_000_000, model: "claude" };

export const PLAN: ResponsesAnswerPlan = {
  settings: { instructions: null, metadata: {}, parallel_tool_calls: true, tool_choice: "auto", tools: [] },
  tools: new Map(),
  hiddenJsonTool: undefined,
  isJsonText: false,
  showsReasoning: false,
  includesEncryptedReasoning: false,
  upstreamModel: "claude-opus-4-6",
  degradations: [],
};

/** An event of the provider. */
export type Source = { readonly type: string; readonly [member: string]: unknown };

export function toEvent(source: Source): MessageEvent {
  return new MessageEvent(source.type, Buffer.from(JSON.stringify(source)).toString("latin1"));
}

/** Events of a content block. */
export function block(index: number, content: object, ...deltas: readonly object[]): Source[] {
  return [
    { type: "content_block_start", index, content_block: content },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

export const text = (part: string) => ({ type: "text_delta", text: part });
export const json = (part: string) => ({ type: "input_json_delta", partial_json: part });
export const thinking = (part: string) => ({ type: "thinking_delta", thinking: part });
export const signature = (part: string) => ({ type: "signature_delta", signature: part });

export const textBlock = (index: number, ...parts: readonly string[]) =>
  block(index, { type: "text", text: "" }, ...parts.map(text));
export const toolBlock = (index: number, id: string, name: string, ...parts: readonly string[]) =>
  block(index, { type: "tool_use", id, name, input: {} }, ...parts.map(json));

/** A whole message of the provider: 10 plain, 3 cache-write and 4 cache-read tokens in, 7 out, 2 of them thinking. */
export function message(blocks: readonly Source[], stopReason = "end_turn", explanation?: string): Source[] {
  return [
    {
      type: "message_start",
      message: {
        id: "msg_up",
        model: "claude-opus-4-6",
        content: [],
        usage: {
          input_tokens: 10,
          cache_creation_input_tokens: 3,
          cache_read_input_tokens: 4,
          output_tokens: 1,
        },
      },
    },
    { type: "ping" },
    ...blocks,
    {
      type: "message_delta",
      delta: {
        stop_reason: stopReason,
        ...(explanation === undefined ? {} : { stop_details: { type: "refusal", explanation } }),
      },
      usage: { output_tokens: 7, output_tokens_details: { thinking_tokens: 2 } },
    },
    { type: "message_stop" },
  ];
}

export const USAGE = {
  input_tokens: 17,
  input_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 24,
};

/** The bytes that a client gets, as text. @param error ends the stream instead of its own end */
export function streamText(
  sources: readonly Source[],
  plan: ResponsesAnswerPlan = PLAN,
  error?: GatewayError,
): string {
  const stream = createStream(IDENTITY, plan);
  const pushed = sources.map((source) => stream.push(toEvent(source))).join("");
  return Buffer.from(pushed + (error === undefined ? stream.end() : stream.fail(error)), "latin1").toString();
}

export type StreamedEvent = { readonly type: string; readonly [member: string]: unknown };

/** The events in a stream's text. Names of events must be those of their data. */
export function readEvents(sse: string): StreamedEvent[] {
  return sse
    .split("\n\n")
    .slice(0, -1)
    .map((record) => {
      const [, name, data] = /^event: ([^\n]*)\ndata: ([^\n]*)$/.exec(record) ?? [];
      const event = JSON.parse(data as string) as StreamedEvent;
      if (event.type !== name) throw new Error(`event ${name} holds ${event.type}`);
      return event;
    });
}

/** What the official client makes of a stream: the response it puts together, while each event fits the others. */
export async function readWithOpenAi(sse: string): Promise<OpenAiResponse> {
  const client = new OpenAI({
    apiKey: "sk-test",
    baseURL: "http://gateway.test/v1",
    fetch: async () => new Response(sse, { headers: { "content-type": "text/event-stream" } }),
  });
  const stream = client.responses.stream({ model: "claude", input: "hi" });
  return stream.finalResponse();
}

/** A message, the events that a client gets for it in short, and the items of the response. */
export interface Fixture {
  readonly name: string;
  readonly sources: readonly Source[];
  readonly plan?: ResponsesAnswerPlan;
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

export const FIXTURES: readonly Fixture[] = [
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
    output: [messageItem("msg_0f3c-1_0", [textPart("Hello world")])],
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
    output: [messageItem("msg_0f3c-1_0", [textPart('é"\\\n\u0001漢🙂🙂')])],
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
      messageItem("msg_0f3c-1_0", [textPart("Looking.")]),
      {
        type: "function_call",
        id: "fc_0f3c-1_1",
        call_id: "toolu_1",
        name: "read",
        arguments: '{"path":"a"}',
        status: "completed",
      },
      {
        type: "function_call",
        id: "fc_0f3c-1_2",
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
        id: "fc_0f3c-1_0",
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
        id: "fc_0f3c-1_0",
        call_id: "toolu_1",
        name: "read!",
        namespace: "files",
        arguments: '{"a":1}',
        status: "completed",
      },
      {
        type: "custom_tool_call",
        id: "ctc_0f3c-1_1",
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
    output: [messageItem("msg_0f3c-1_0", [textPart('{"a":1}')])],
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
      { type: "reasoning", id: "rs_0f3c-1_0", summary: [{ type: "summary_text", text: "Hm." }] },
      messageItem("msg_0f3c-1_1", [textPart("Yes")]),
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
      { type: "reasoning", id: "rs_0f3c-1_0", summary: [] },
      messageItem("msg_0f3c-1_1", [textPart("Yes")]),
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
      messageItem("msg_0f3c-1_0", [textPart("First")], "incomplete"),
      messageItem("msg_0f3c-1_1", [{ type: "refusal", refusal: "Not this." }]),
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
        id: "fc_0f3c-1_0",
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
    output: [messageItem("msg_0f3c-1_0", [textPart("a")])],
  },
  {
    name: "text beside the hidden tool",
    plan: { ...PLAN, hiddenJsonTool: "json_tool_call" },
    sources: message(
      [
        ...textBlock(0, "Here it is:"),
        ...toolBlock(1, "t", "json_tool_call", "{}"),
        ...toolBlock(2, "u", "json_tool_call", "{}"),
      ],
      "tool_use",
    ),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "content_part.added 0",
      'output_text.delta 0 "{}"',
      'output_text.done 0 "{}"',
      "content_part.done 0",
      "output_item.done 0",
      "completed",
    ],
    output: [messageItem("msg_0f3c-1_0", [textPart("{}")])],
  },
  {
    name: "text instead of the hidden tool",
    plan: { ...PLAN, hiddenJsonTool: "json_tool_call" },
    sources: message([...textBlock(0, "```json\n", '{"é":1}\n```')]),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "content_part.added 0",
      'output_text.delta 0 "{\\"é\\":1}"',
      'output_text.done 0 "{\\"é\\":1}"',
      "content_part.done 0",
      "output_item.done 0",
      "completed",
    ],
    output: [messageItem("msg_0f3c-1_0", [textPart('{"é":1}')])],
  },
  {
    name: "a call without an id, cut off before its input",
    sources: message(toolBlock(0, "", "read"), "max_tokens"),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      'function_call_arguments.done 0 ""',
      "output_item.done 0",
      "incomplete",
    ],
    output: [
      {
        type: "function_call",
        id: "fc_0f3c-1_0",
        call_id: "call_0f3c-1_0",
        name: "read",
        arguments: "",
        status: "incomplete",
      },
    ],
  },
  {
    name: "pieces of blocks that nobody announced",
    sources: message([
      { type: "content_block_delta", index: 0, delta: text("a") },
      { type: "content_block_delta", index: 0, delta: text("b") },
      { type: "content_block_delta", index: 1, delta: json("{}") },
      { type: "content_block_delta", index: 2, delta: thinking("t") },
    ]),
    events: [
      "created",
      "in_progress",
      "output_item.added 0",
      "content_part.added 0",
      'output_text.delta 0 "a"',
      'output_text.delta 0 "b"',
      'output_text.done 0 "ab"',
      "content_part.done 0",
      "output_item.done 0",
      "output_item.added 1",
      "output_item.done 1",
      "completed",
    ],
    output: [
      messageItem("msg_0f3c-1_0", [textPart("ab")]),
      { type: "reasoning", id: "rs_0f3c-1_1", summary: [] },
    ],
  },
];
