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
