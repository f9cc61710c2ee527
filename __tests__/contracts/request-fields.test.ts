import { allowFields } from "../../services/gateway/enforcement/enforce";
import type { EnforcementPolicy } from "../../services/gateway/enforcement/policy";
import { GatewayError } from "../../services/gateway/errors/gateway-error";
import { allDropped, NO_NATIVE_HEADERS } from "../../services/gateway/generation/prepare";
import { chatCompletions, messages, responses } from "../../services/gateway/generation/wire-api";
import { TranslationError } from "../../services/gateway/json/client-value";
import type { JsonObject } from "../../services/gateway/json/json-value";
import type { MessagesTarget } from "../../services/gateway/wire/internal/request";
import { readBody, readSent } from "../support/services/translate-chat";
import { MESSAGES_FIELDS, TOOL_MEMBERS } from "../support/shapes/anthropic-requests";
import { TypeShapes } from "../support/shapes/type-shapes";

/**
 * Nothing of a request is lost without a word: every member that the types of the official clients have is sent, refused,
 * or named in `x-gateway-dropped-params` or `x-gateway-degraded`. A member that a new version of them adds makes a test fail.
 */
const TARGET: MessagesTarget = {
  upstreamModel: "claude-opus-4-6",
  maxOutputTokens: undefined,
  api: "anthropic",
  mayDropParams: true,
};
const PNG = `data:image/png;base64,${Buffer.from("\x89PNG\r\n\x1a\n0000", "latin1").toString("base64")}`;
const PDF = `data:application/pdf;base64,${Buffer.from("%PDF-1.7").toString("base64")}`;
const BREAKPOINT = { mode: "explicit" };
const SCHEMA = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };

interface Place {
  /** A type of `openai-requests`. */
  readonly type: string;
  /** Its members, each with a value that means something. */
  readonly values: Readonly<Record<string, unknown>>;
  /** A request in which the object has these members beside those that it needs. */
  readonly body: (members: object) => object;
  /** Members that mean something to the gateway, to the answer, or to nobody outside the client's own API. */
  readonly own?: readonly string[];
  /** What stands before their names in a header. @default - nothing */
  readonly prefix?: string;
  /** Name in a header of the object itself, where it is left out as a whole. @default - it never is */
  readonly whole?: string;
}

const user = { role: "user", content: "hi" };
const call = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
const inTurn = (turn: object) => ({ messages: [user, turn, user] });
const ofUser = (part: object) => ({ messages: [{ role: "user", content: [part] }] });

const CHAT: readonly Place[] = [
  {
    type: "ChatRequest",
    body: (members) => ({
      model: "m",
      messages: [user],
      tools: [{ type: "function", function: { name: "f" } }],
      ...members,
    }),
    own: ["model", "stream", "stream_options"],
    values: {
      messages: [{ role: "user", content: "Hello" }],
      model: "x",
      audio: { voice: "alloy", format: "mp3" },
      frequency_penalty: 1,
      function_call: { name: "f" },
      functions: [{ name: "g" }],
      logit_bias: { 1: 1 },
      logprobs: true,
      max_completion_tokens: 5,
      max_tokens: 5,
      metadata: { a: "b" },
      modalities: ["audio"],
      moderation: { type: "x" },
      n: 2,
      parallel_tool_calls: false,
      prediction: { type: "content", content: "x" },
      presence_penalty: 1,
      prompt_cache_key: "x",
      prompt_cache_options: { mode: "explicit" },
      prompt_cache_retention: "24h",
      reasoning_effort: "high",
      response_format: { type: "json_object" },
      safety_identifier: "x",
      seed: 1,
      service_tier: "flex",
      stop: "END",
      store: true,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      tool_choice: "required",
      tools: [{ type: "function", function: { name: "g" } }],
      top_logprobs: 2,
      top_p: 0.5,
      user: "x",
      verbosity: "low",
      web_search_options: { search_context_size: "low" },
    },
  },
  {
    type: "ChatSystemMessage",
    prefix: "messages",
    body: (members) => ({ messages: [{ role: "system", content: "s", ...members }, user] }),
    values: { content: "t", role: "user", name: "n" },
  },
  {
    type: "ChatUserMessage",
    prefix: "messages",
    body: (members) => ({ messages: [{ ...user, ...members }] }),
    values: { content: "t", role: "system", name: "n" },
  },
  {
    type: "ChatAssistantMessage",
    prefix: "messages",
    body: (members) => inTurn({ role: "assistant", content: "a", ...members }),
    values: {
      role: "user",
      audio: { id: "x" },
      content: "b",
      function_call: { name: "f", arguments: "{}" },
      name: "n",
      refusal: "no",
      tool_calls: [call],
    },
  },
  {
    type: "ChatToolMessage",
    body: (members) => ({
      messages: [
        user,
        { role: "assistant", tool_calls: [call] },
        { role: "tool", tool_call_id: "a", content: "x", ...members },
      ],
    }),
    values: { content: "y", role: "user", tool_call_id: "b" },
  },
  {
    type: "ChatTextPart",
    body: (members) => ofUser({ type: "text", text: "a", ...members }),
    values: { text: "b", type: "video", prompt_cache_breakpoint: BREAKPOINT },
  },
  {
    type: "ChatImagePart",
    body: (members) => ofUser({ type: "image_url", image_url: { url: PNG }, ...members }),
    values: { image_url: { url: PDF }, type: "video", prompt_cache_breakpoint: BREAKPOINT },
  },
  {
    type: "ChatImageUrl",
    prefix: "messages.content.image_url",
    body: (members) => ofUser({ type: "image_url", image_url: { url: PNG, ...members } }),
    values: { url: PDF, detail: "high" },
  },
  {
    type: "ChatFile",
    body: (members) => ofUser({ type: "file", file: { file_data: PDF, ...members } }),
    // With the file itself its id says nothing more; alone it is refused.
    own: ["file_id"],
    values: { file_data: PNG, file_id: "file-1", filename: "a.pdf" },
  },
  {
    type: "ChatToolCall",
    body: (members) => inTurn({ role: "assistant", tool_calls: [{ ...call, ...members }] }),
    values: { id: "b", function: { name: "g", arguments: "{}" }, type: "custom" },
  },
  {
    type: "ChatTool",
    body: (members) => ({
      messages: [user],
      tools: [{ type: "function", function: { name: "f" }, ...members }],
    }),
    values: { function: { name: "g" }, type: "custom" },
  },
  {
    type: "FunctionDefinition",
    prefix: "tools",
    body: (members) => ({
      messages: [user],
      tools: [{ type: "function", function: { name: "f", parameters: SCHEMA, ...members } }],
    }),
    values: { name: "g", description: "d", parameters: { ...SCHEMA, title: "x" }, strict: true },
  },
  {
    type: "ChatStreamOptions",
    prefix: "stream_options",
    body: (members) => ({ messages: [user], stream: true, stream_options: members }),
    own: ["include_usage"],
    values: { include_usage: true, include_obfuscation: true },
  },
  {
    type: "JsonSchemaFormat",
    body: (members) => ({
      messages: [user],
      response_format: { type: "json_schema", json_schema: { name: "x", schema: SCHEMA, ...members } },
    }),
    // A label, words for a model that is held to the schema, and that it is held to it.
    own: ["name", "description", "strict"],
    values: { name: "y", description: "d", schema: { ...SCHEMA, title: "x" }, strict: true },
  },
];

const input = (...items: readonly object[]) => ({ input: items });
const functionCall = { type: "function_call", call_id: "a", name: "f", arguments: "{}" };
const callOutput = { type: "function_call_output", call_id: "a", output: "x" };

const RESPONSES: readonly Place[] = [
  {
    type: "ResponsesRequest",
    body: (members) => ({ model: "m", input: "hi", tools: [{ type: "function", name: "f" }], ...members }),
    own: ["model", "stream", "metadata"],
    values: {
      access_programs: { x: true },
      background: true,
      context_management: [{ type: "compaction" }],
      conversation: "conv_1",
      image: { x: true },
      include: ["message.output_text.logprobs"],
      input: "Hello",
      instructions: "Be brief.",
      max_output_tokens: 5,
      max_tool_calls: 1,
      metadata: { a: "b" },
      model: "x",
      moderation: { type: "x" },
      parallel_tool_calls: false,
      previous_response_id: "resp_1",
      prompt: { id: "x" },
      prompt_cache_key: "x",
      prompt_cache_options: { mode: "explicit" },
      prompt_cache_retention: "24h",
      reasoning: { effort: "high" },
      safety_identifier: "x",
      service_tier: "flex",
      store: true,
      stream: true,
      stream_options: { include_obfuscation: true },
      temperature: 0.5,
      text: { verbosity: "low" },
      tool_choice: "required",
      tools: [{ type: "function", name: "g" }],
      top_logprobs: 2,
      top_p: 0.5,
      truncation: "auto",
      user: "x",
    },
  },
  {
    type: "ResponsesMessage",
    prefix: "input",
    body: (members) => input({ role: "user", content: "hi", ...members }),
    own: ["type"],
    values: { content: "x", role: "system", phase: "commentary", type: "message" },
  },
  {
    type: "ResponsesText",
    body: (members) => input({ role: "user", content: [{ type: "input_text", text: "a", ...members }] }),
    values: { text: "b", type: "video", prompt_cache_breakpoint: BREAKPOINT },
  },
  {
    type: "ResponsesImage",
    prefix: "input.content",
    body: (members) =>
      input({ role: "user", content: [{ type: "input_image", image_url: PNG, ...members }] }),
    values: {
      detail: "high",
      type: "video",
      file_id: "file-1",
      image_url: PDF,
      prompt_cache_breakpoint: BREAKPOINT,
    },
  },
  {
    type: "ResponsesFile",
    prefix: "input.content",
    body: (members) => input({ role: "user", content: [{ type: "input_file", file_data: PDF, ...members }] }),
    values: {
      type: "video",
      detail: "high",
      file_data: PNG,
      file_id: "file-1",
      file_url: "https://example.com/a.pdf",
      filename: "a.pdf",
      prompt_cache_breakpoint: BREAKPOINT,
    },
  },
  {
    type: "ResponsesCall",
    prefix: "input",
    body: (members) => input({ role: "user", content: "hi" }, { ...functionCall, ...members }, callOutput),
    own: ["id", "status"],
    values: {
      arguments: '{"a":1}',
      call_id: "b",
      name: "g",
      type: "custom_tool_call",
      id: "fc_1",
      async: true,
      caller: { type: "program", id: "x" },
      namespace: "n",
      status: "completed",
    },
  },
  {
    type: "ResponsesCallOutput",
    prefix: "input",
    body: (members) => input({ role: "user", content: "hi" }, functionCall, { ...callOutput, ...members }),
    // The call has the name already.
    own: ["id", "status", "name", "namespace", "type"],
    values: {
      output: "y",
      type: "custom_tool_call_output",
      id: "fc_1",
      call_id: "b",
      caller: { type: "program", id: "x" },
      name: "f",
      namespace: "n",
      status: "completed",
    },
  },
  {
    type: "ResponsesReasoning",
    // Only its maker can read it; what is ours is another test's subject.
    whole: "input.reasoning",
    body: (members) => input({ role: "user", content: "hi" }, { type: "reasoning", ...members }),
    values: {
      id: "rs_1",
      summary: [{ type: "summary_text", text: "x" }],
      type: "message",
      content: [{ type: "reasoning_text", text: "x" }],
      encrypted_content: "x",
      status: "completed",
    },
  },
  {
    type: "ResponsesFunction",
    prefix: "tools",
    body: (members) => ({
      input: "hi",
      tools: [{ type: "function", name: "f", parameters: SCHEMA, ...members }],
    }),
    values: {
      name: "g",
      parameters: { ...SCHEMA, title: "x" },
      strict: true,
      type: "custom",
      allowed_callers: ["programmatic"],
      async: true,
      defer_loading: true,
      description: "d",
      output_schema: SCHEMA,
    },
  },
  {
    type: "ResponsesCustom",
    prefix: "tools",
    body: (members) => ({ input: "hi", tools: [{ type: "custom", name: "f", ...members }] }),
    values: {
      name: "g",
      type: "function",
      allowed_callers: ["programmatic"],
      async: true,
      defer_loading: true,
      description: "d",
      format: { type: "grammar", syntax: "lark", definition: "start: a" },
    },
  },
  {
    type: "ResponsesTextConfig",
    prefix: "text",
    body: (members) => ({ input: "hi", text: members }),
    values: { format: { type: "json_object" }, verbosity: "low" },
  },
  {
    type: "ResponsesReasoningConfig",
    prefix: "reasoning",
    body: (members) => ({ input: "hi", reasoning: { effort: "high", ...members } }),
    values: {
      context: "all_turns",
      effort: "low",
      generate_summary: "auto",
      mode: "pro",
      summary: "auto",
    },
  },
  {
    type: "ResponsesStreamOptions",
    prefix: "stream_options",
    body: (members) => ({ input: "hi", stream: true, stream_options: members }),
    values: { include_obfuscation: true },
  },
];

const shapes = new TypeShapes("openai-requests");

describe.each([
  ["chat completions", chatCompletions, CHAT],
  ["responses", responses, RESPONSES],
] as const)("%s", (_api, { toMessages }, places) => {
  /** What is sent and told; `undefined` when the request is refused. */
  function translate(body: object) {
    try {
      const { request, droppedParams, plan } = toMessages(readBody({ model: "m", ...body }), TARGET);
      return { sent: readSent(request), told: [...droppedParams, ...(plan.degradations ?? [])] };
    } catch (error) {
      if (error instanceof TranslationError) return undefined;
      throw error;
    }
  }

  describe.each(places)("$type", ({ type, values, body, own = [], prefix, whole }) => {
    it("has the members that are known here", () => {
      expect(Object.keys(values).sort()).toEqual(shapes.membersOf(type));
    });

    it.each(Object.entries(values).filter(([name]) => !own.includes(name)))("%s", (name, value) => {
      const without = translate(body({}));
      const result = translate(body({ [name]: value }));
      if (result === undefined) return;
      const isSent = JSON.stringify(result.sent) !== JSON.stringify(without?.sent);
      const path = prefix === undefined ? name : `${prefix}.${name}`;
      const isTold = result.told.some((told) => {
        const what = told.split("=")[0] ?? "";
        return what === path || what === whole || what.startsWith(`${path}.`);
      });
      expect(isSent || isTold || result.told).toBe(true);
    });
  });
});

const NONE: EnforcementPolicy = { level: "unrestricted", promptId: null, blocks: [] };
const RULES: EnforcementPolicy = {
  level: "standard",
  promptId: "standard@0",
  blocks: [{} as EnforcementPolicy["blocks"][number]],
};

describe.each([
  ["without working rules", NONE],
  ["with working rules", RULES],
])("messages %s", (_name, policy) => {
  const isEnforced = policy.blocks.length > 0;

  function translate(body: object) {
    try {
      const read = messages.toMessages(readBody(body), TARGET);
      const allowed = allowFields(read.request, isEnforced);
      return { sent: readSent(allowed as JsonObject), told: allDropped(read, policy, NO_NATIVE_HEADERS) };
    } catch (error) {
      if (error instanceof TranslationError || error instanceof GatewayError) return undefined;
      throw error;
    }
  }
  const base = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] };

  // Whether the client wants a stream is between it and the gateway; the name of the model is the gateway's own.
  it.each(Object.entries(MESSAGES_FIELDS).filter(([name]) => !["stream", "model"].includes(name)))(
    "%s",
    (name, value) => {
      const result = translate({ ...base, [name]: value });
      if (result === undefined) return;
      const isSent = JSON.stringify(result.sent[name]) !== JSON.stringify(readSent(base as JsonObject)[name]);
      expect(isSent || result.told.includes(name)).toBe(true);
    },
  );

  it.each(Object.entries(TOOL_MEMBERS))("tools.%s", (name, value) => {
    const tool = { name: "f", input_schema: { type: "object" } };
    const result = translate({ ...base, tools: [{ ...tool, [name]: value }] });
    expect(result?.sent["tools"]).toEqual([expect.objectContaining({ [name]: value })]);
  });
});
