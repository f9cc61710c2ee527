import { writeJson } from "../../../../../services/gateway/json/write-json";
import type { CollectedMessage } from "../../../../../services/gateway/wire/internal/collect";
import { toAnswer } from "../../../../../services/gateway/wire/responses/stream";
import { FRAME_BEGIN, FRAME_END } from "../../../../../services/gateway/wire/shared/conversation";
import {
  planOf,
  refusal,
  STRICT,
  send,
  TARGET,
  text,
  user,
} from "../../../../support/services/translate-responses";

test("text is one user turn, and the answer is streamed", () => {
  expect(send({ input: "hi", stream: false })).toEqual({
    model: "claude-opus-4-6",
    max_tokens: 128_000,
    messages: [user(text("hi"))],
    stream: true,
  });
});

test("instructions come first, then system and developer messages; later ones stay at their place", () => {
  const { system, messages } = send({
    instructions: "I",
    input: [
      { role: "developer", content: "D" },
      { type: "message", role: "user", content: [{ type: "input_text", text: "U" }] },
      {
        type: "message",
        role: "system",
        content: [
          { type: "input_text", text: "S" },
          { type: "input_text", text: " " },
        ],
      },
    ],
  });
  expect(system).toEqual([text("I"), text("D")]);
  expect(messages).toEqual([user(text("U"), text(FRAME_BEGIN), text("S"), text(FRAME_END))]);
});

describe("text.format", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  };

  it.each([[undefined], [{}], [{ format: { type: "text" } }]])("of %j is plain text", (format) => {
    expect(send({ input: "hi", text: format })["output_config"]).toBeUndefined();
  });

  it("json_schema is the provider's own format", () => {
    const body = { input: "hi", text: { format: { type: "json_schema", name: "x", schema, strict: true } } };
    expect(send(body)["output_config"]).toEqual({ format: { type: "json_schema", schema } });
  });

  it("json_object is a hidden tool", () => {
    const { plan, request } = planOf({ text: { format: { type: "json_object" } } });
    expect(request["tool_choice"]).toEqual({ type: "tool", name: plan.hiddenJsonTool });
  });
});

describe("reasoning", () => {
  it.each([
    [
      { effort: "high", summary: "auto" },
      { type: "adaptive", display: "summarized" },
      { effort: "high" },
      true,
    ],
    [{ effort: "low" }, { type: "adaptive", display: "omitted" }, { effort: "low" }, false],
    [{ effort: "none" }, { type: "disabled" }, undefined, false],
    [{ summary: "auto" }, undefined, undefined, true],
    [{ generate_summary: "concise" }, undefined, undefined, true],
    [null, undefined, undefined, false],
  ])("%j", (reasoning, thinking, outputConfig, isShown) => {
    const { request, plan } = planOf({ reasoning });
    expect(request["thinking"]).toEqual(thinking);
    expect(request["output_config"]).toEqual(outputConfig);
    expect(plan.showsReasoning).toBe(isShown);
  });

  it.each([
    [undefined, false],
    [null, false],
    [[], false],
    [["message.output_text.logprobs"], false],
    [["reasoning.encrypted_content"], true],
  ])("is sealed for include %j: %s", (include, expected) => {
    expect(planOf({ include }).plan.includesEncryptedReasoning).toBe(expected);
  });
});

test.each([
  [{ max_output_tokens: 100 }, { max_tokens: 100 }],
  [{ max_output_tokens: 999_999 }, { max_tokens: 128_000 }],
  [{ temperature: 0.5 }, { temperature: 0.5 }],
  [{ temperature: 2 }, { temperature: 1 }],
  [{ top_p: 0.9 }, { top_p: 0.9 }],
  [{ user: "bob" }, { metadata: { user_id: expect.stringMatching(/^[0-9a-f]{64}$/) } }],
  [{ cache_control: { type: "ephemeral" } }, { cache_control: { type: "ephemeral" } }],
])("%j is sent as %j", (body, expected) => {
  expect(send({ input: "hi", ...body })).toMatchObject(expected);
});

test.each([
  [{ store: true }, []],
  [{ metadata: { a: "b" }, include: ["reasoning.encrypted_content"], text: { verbosity: "medium" } }, []],
  [
    {
      stream_options: { include_obfuscation: false },
      truncation: "auto",
      service_tier: "auto",
      background: false,
    },
    [],
  ],
  [{ previous_response_id: null, conversation: null, top_logprobs: 0, context_management: [] }, []],
  [
    { max_tool_calls: 3, top_logprobs: 5, service_tier: "flex", new_field: 1 },
    ["max_tool_calls", "top_logprobs", "service_tier", "new_field"],
  ],
])("of %j are dropped: %j", (body, dropped) => {
  expect(planOf(body).droppedParams).toEqual(dropped);
  if (dropped.length === 0) expect(planOf(body, STRICT).droppedParams).toEqual([]);
  else expect(refusal(body, STRICT).param).toBe(dropped[0]);
});

test("what only OpenAI could do with a field is told, and never refused", () => {
  const fields = {
    client_metadata: { x: 1 },
    prompt_cache_key: "k",
    prompt_cache_retention: "24h",
    stream_options: { include_obfuscation: true },
    include: ["message.output_text.logprobs"],
    reasoning: { effort: "low", context: "all_turns" },
    text: { verbosity: "low" },
  };
  const names = [
    ...["client_metadata", "prompt_cache_key", "prompt_cache_retention", "reasoning.context"],
    ...["stream_options.include_obfuscation", "text.verbosity", "include.message.output_text.logprobs"],
  ];
  expect(planOf(fields).droppedParams).toEqual(names);
  expect(planOf(fields, STRICT).droppedParams).toEqual(names);
});

test("a model that takes no temperature drops it", () => {
  expect(planOf({ temperature: 0.1 }, { ...TARGET, upstreamModel: "claude-opus-5" }).droppedParams).toEqual([
    "temperature",
  ]);
});

describe("refused with a remedy", () => {
  const sendAll =
    "responses are not stored, so send the whole conversation in input, with store: false and include: reasoning.encrypted_content";

  it.each([
    [
      { previous_response_id: "resp_1" },
      "previous_response_id",
      `previous_response_id is not supported by this gateway; ${sendAll}`,
    ],
    [
      { conversation: { id: "conv_1" } },
      "conversation",
      `conversation is not supported by this gateway; ${sendAll}`,
    ],
    [
      { background: true },
      "background",
      "background is not supported by this gateway; send background: false and stream the answer, or wait for it",
    ],
    [
      { prompt: { id: "p" } },
      "prompt",
      "prompt is not supported by this gateway; send the text of the prompt in instructions and input",
    ],
    [
      { input: [{ type: "item_reference", id: "i" }] },
      "input.0 of type item_reference",
      "input.0 of type item_reference is not supported by this gateway; items are not stored, so send the item itself",
    ],
    [
      { input: [{ type: "local_shell_call" }] },
      "input.0 of type local_shell_call",
      "input.0 of type local_shell_call is not supported by this gateway; offer the tool as a function or a custom tool, and send its calls as such",
    ],
    [
      { input: [{ type: "dream" }] },
      "input.0.type",
      'input.0.type must be a type of item, such as message, not "dream"',
    ],
    [{ input: [{}] }, "input.0.type", "input.0.type must be a type of item, such as message, not missing"],
    [{ input: ["a"] }, "input.0", "input.0 must be an object, not string"],
    [{ input: 5 }, "input", "input must be an array, not number"],
    [{ input: [] }, "input", "input holds no text, image, document or tool call"],
    [
      { input: [{ role: "tool", content: "a" }] },
      "input.0.role",
      'input.0.role must be system, developer, user or assistant, not "tool"',
    ],
    [{ input: [{ role: "user" }] }, "input.0.content", "input.0.content must be an array, not missing"],
    [
      { input: [{ role: "user", content: [{ type: "input_audio" }] }] },
      "input.0.content.0.type",
      'input.0.content.0.type must be input_text, input_image or input_file, not "input_audio"',
    ],
    [
      { input: [{ role: "assistant", content: [{ type: "input_image", image_url: "x" }] }] },
      "input.0.content.0.type",
      'input.0.content.0.type must be input_text, output_text or refusal, not "input_image"',
    ],
    [
      { input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] },
      "input.0.content.0.file_id",
      "input.0.content.0.file_id is not supported by this gateway; files are not stored, so send image_url",
    ],
    [
      { input: [{ role: "user", content: [{ type: "input_file", file_url: "http://x" }] }] },
      "input.0.content.0.file_url",
      "input.0.content.0.file_url must begin with https://",
    ],
    [
      { input: [{ type: "function_call", arguments: "{}" }] },
      "input.0.name",
      "input.0.name must be a string, not missing",
    ],
    [{ instructions: ["a"] }, "instructions", "instructions must be a string, not array"],
    [
      { max_output_tokens: 0 },
      "max_output_tokens",
      "max_output_tokens must be an integer from 1 to 9007199254740991, not 0",
    ],
    [
      { reasoning: { effort: "extreme" } },
      "reasoning.effort",
      'reasoning.effort must be none, minimal, low, medium, high, xhigh, max, not "extreme"',
    ],
    [{ include: "a" }, "include", "include must be an array of names, not string"],
    [
      { text: { format: { type: "xml" } } },
      "text.format.type",
      'text.format.type must be text, json_object or json_schema, not "xml"',
    ],
    [
      { tool_choice: "maybe" },
      "tool_choice",
      'tool_choice must be auto, none, required or an object, not "maybe"',
    ],
    [
      { tool_choice: { type: "mcp" } },
      "tool_choice.type",
      'tool_choice.type is not supported by this gateway; choose auto, none, required, a function, a custom tool or allowed_tools, not "mcp"',
    ],
    [{ tools: [{ type: "function" }] }, "tools.0.name", "tools.0.name must be a string, not missing"],
    [
      {
        input: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      },
      "input.1",
      expect.stringContaining("input.1 is from the assistant"),
    ],
  ])("%j", (body, param, message) => {
    const { param: found, message: said } = refusal(body);
    expect([found, said]).toEqual([param, message]);
  });
});

test("the plan repeats the settings, and says what was done where it was not what was asked", () => {
  const body = {
    store: true,
    truncation: "auto",
    temperature: 2,
    user: "bob",
    instructions: "I",
    tools: [
      { type: "function", name: "f" },
      { type: "custom", name: "c" },
    ],
    reasoning: { effort: "none", context: "auto" },
  };
  const { plan } = planOf(body);
  expect(plan.degradations).toEqual(["temperature=1", "truncation=disabled", "store=false"]);
  expect(JSON.parse(writeJson(plan.settings))).toEqual({
    access_programs: null,
    background: false,
    instructions: "I",
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    parallel_tool_calls: true,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: "none", summary: null },
    safety_identifier: null,
    service_tier: "default",
    store: false,
    temperature: 1,
    text: { format: { type: "text" }, verbosity: "medium" },
    tool_choice: "auto",
    tools: [
      { type: "function", name: "f", parameters: null, strict: false },
      { type: "custom", name: "c" },
    ],
    top_logprobs: 0,
    top_p: 1,
    truncation: "disabled",
    user: "bob",
  });
});

test("an answer that the client sends back is what the model said", () => {
  const body = {
    input: [{ role: "user", content: "go" }],
    tools: [
      { type: "function", name: "list" },
      { type: "custom", name: "apply_patch" },
      { type: "namespace", name: "mcp", tools: [{ type: "function", name: "read it!" }] },
    ],
    reasoning: { effort: "high", summary: "auto" },
    include: ["reasoning.encrypted_content"],
  };
  const { plan, request } = planOf(body);
  const renamed = (request["tools"] as unknown as { name: string }[])[2]?.name;
  const said = [
    { type: "thinking", thinking: 'é "t"', signature: "c2ln" },
    { type: "redacted_thinking", data: "b3BhcXVl" },
    { type: "text", text: "Doing.\n" },
    { type: "tool_use", id: "toolu_1", name: "list", input: {} },
    { type: "tool_use", id: "toolu_2", name: "apply_patch", input: { input: "*** é\n" } },
    { type: "tool_use", id: "toolu_3", name: renamed, input: { path: "a" } },
  ];
  const collected: CollectedMessage = {
    id: "msg_up",
    type: "message",
    role: "assistant",
    model: "claude-opus-4-6",
    content: said.map((block) => ({ ...block, inputJson: JSON.stringify(block.input) })),
    stop_reason: "tool_use",
    stop_sequence: null,
    usage: {},
  };
  const answer = toAnswer(collected, { id: "1", created: 1, model: "m" }, plan) as {
    output: { call_id?: string }[];
  };
  const results = answer.output.flatMap(({ call_id: id }) =>
    id === undefined ? [] : [{ type: "function_call_output", call_id: id, output: "ok" }],
  );
  const again = send({ ...body, input: [...body.input, ...answer.output, ...results] });
  expect(again["messages"]).toEqual([
    user(text("go")),
    { role: "assistant", content: said },
    user(
      ...["toolu_1", "toolu_2", "toolu_3"].map((id) => ({
        type: "tool_result",
        tool_use_id: id,
        content: "ok",
      })),
    ),
  ]);
});

test("a user without a name is none", () => {
  const metadataOf = (body: object) => send({ input: "hi", ...body })["metadata"];
  expect(metadataOf({ user: "" })).toBeUndefined();
  expect(metadataOf({ safety_identifier: " ", user: "bob" })).toEqual(metadataOf({ user: "bob" }));
});
