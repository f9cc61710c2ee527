import type { JsonObject, JsonValue } from "../../../../../services/gateway/json/json-value";
import { parseJson } from "../../../../../services/gateway/json/parse-json";
import { writeJson } from "../../../../../services/gateway/json/write-json";
import type { CollectedMessage } from "../../../../../services/gateway/wire/internal/collect";
import type { MessagesTarget } from "../../../../../services/gateway/wire/internal/request";
import { sealReasoning } from "../../../../../services/gateway/wire/responses/reasoning-envelope";
import { toAnswer } from "../../../../../services/gateway/wire/responses/stream";
import { toMessages } from "../../../../../services/gateway/wire/responses/to-messages";
import { FRAME_BEGIN, FRAME_END } from "../../../../../services/gateway/wire/shared/conversation";
import { TranslationError } from "../../../../../services/gateway/wire/shared/read-value";
import { Random } from "../../../../support/services/random";

const TARGET: MessagesTarget = {
  upstreamModel: "claude-opus-4-6",
  maxOutputTokens: undefined,
  api: "anthropic",
  mayDropParams: true,
};
const STRICT: MessagesTarget = { ...TARGET, mayDropParams: false };

/** What is sent for a body, as the provider reads it. */
function send(body: object, target = TARGET): Record<string, unknown> {
  const parsed = parseJson(Buffer.from(JSON.stringify({ model: "m", ...body }))) as JsonObject;
  return JSON.parse(Buffer.from(writeJson(toMessages(parsed, target).request), "latin1").toString());
}

const planOf = (body: object, target = TARGET) =>
  toMessages({ model: "m", input: "hi", ...body } as JsonObject, target);

function refusal(body: object, target = TARGET): TranslationError {
  try {
    send({ input: "hi", ...body }, target);
  } catch (error) {
    if (error instanceof TranslationError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const text = (value: string) => ({ type: "text", text: value });
const user = (...content: readonly object[]) => ({ role: "user", content });
const assistant = (...content: readonly object[]) => ({ role: "assistant", content });

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

describe("an instruction", () => {
  const framed = (words: string) => [text(FRAME_BEGIN), text(words), text(FRAME_END)];
  const call = (id: string) => ({ type: "function_call", call_id: id, name: "f", arguments: "{}" });
  const output = (id: string) => ({ type: "function_call_output", call_id: id, output: "ok" });
  const use = (id: string) => ({ type: "tool_use", id, name: "f", input: {} });
  const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "ok" });
  const row = { role: "developer", content: "D" };
  const signed = { type: "thinking", thinking: "hm", signature: "s" } as const;
  const reasoning = {
    type: "reasoning",
    summary: [],
    encrypted_content: sealReasoning(TARGET.upstreamModel, JSON.stringify(signed).slice(1, -1)),
  };

  test.each<[string, object[], object[]]>([
    ["between a call and its output", [call("a"), row, output("a")], [result("a"), ...framed("D")]],
    ["behind outputs", [call("a"), output("a"), row], [result("a"), ...framed("D")]],
    ["blank", [call("a"), { ...row, content: " " }, output("a")], [result("a")]],
  ])("%s", (_where, items, last) => {
    const { system, messages } = send({ input: [{ role: "user", content: "U" }, ...items] });
    expect(system).toBeUndefined();
    expect(messages).toEqual([user(text("U")), assistant(use("a")), user(...last)]);
  });

  test("between thinking and its call does not part them", () => {
    const { messages } = send({
      reasoning: { effort: "high" },
      input: [{ role: "user", content: "U" }, reasoning, row, call("a"), output("a")],
    });
    expect(messages).toEqual([
      user(text("U"), ...framed("D")),
      assistant(signed, use("a")),
      user(result("a")),
    ]);
  });
});

test("an agent's conversation keeps its order, with results behind their calls", () => {
  const { messages } = send({
    input: [
      { role: "user", content: "fix it" },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [],
        encrypted_content: sealReasoning(
          "claude-opus-4-6",
          '"type":"thinking","thinking":"t","signature":"s"',
        ),
      },
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "Looking.", annotations: [] }],
      },
      {
        type: "function_call",
        call_id: "call_1",
        name: "read",
        arguments: '{"path":"a"}',
      },
      { type: "function_call", call_id: "call_2", name: "list", namespace: "files", arguments: "" },
      { type: "function_call_output", call_id: "call_2", output: [{ type: "input_text", text: "two" }] },
      { type: "function_call_output", call_id: "call_1", output: "one" },
      { type: "custom_tool_call", call_id: "call_3", name: "apply_patch", input: "*** Begin" },
      { type: "custom_tool_call_output", call_id: "call_3", output: "done" },
      { role: "user", content: "thanks" },
    ],
    tools: [{ type: "function", name: "read" }],
    reasoning: { effort: "high" },
  });
  expect(messages).toEqual([
    user(text("fix it")),
    assistant(
      { type: "thinking", thinking: "t", signature: "s" },
      text("Looking."),
      { type: "tool_use", id: "call_1", name: "read", input: { path: "a" } },
      { type: "tool_use", id: "call_2", name: "files__list", input: {} },
    ),
    user(
      { type: "tool_result", tool_use_id: "call_1", content: "one" },
      { type: "tool_result", tool_use_id: "call_2", content: [text("two")] },
    ),
    assistant({ type: "tool_use", id: "call_3", name: "apply_patch", input: { input: "*** Begin" } }),
    user({ type: "tool_result", tool_use_id: "call_3", content: "done" }, text("thanks")),
  ]);
});

test("long texts and large numbers of arguments are sent as they came", () => {
  const long = "é\\n".repeat(1000);
  const body = JSON.stringify({
    input: [
      { role: "user", content: long },
      { type: "function_call", call_id: "c", name: "f", arguments: '{"n":12345678901234567890}' },
      { type: "function_call_output", call_id: "c", output: long },
    ],
  });
  const { request } = toMessages(parseJson(Buffer.from(body)) as JsonObject, TARGET);
  const sent = Buffer.from(writeJson(request["messages"] as JsonValue), "latin1").toString();
  expect(sent).toContain('"input":{"n":12345678901234567890}');
  expect(sent.split(JSON.stringify(long))).toHaveLength(3);
});

describe("reasoning items", () => {
  const sealed = (model: string) => ({
    type: "reasoning",
    summary: [{ type: "summary_text", text: "t" }],
    encrypted_content: sealReasoning(
      model,
      `"type":"thinking","thinking":"${"t".repeat(1000)}","signature":"s"`,
    ),
  });
  const said = { role: "assistant", content: "a" };
  const asked = [{ role: "user", content: "q" }];
  const again = { role: "user", content: "r" };
  const turnOf = (...items: readonly object[]) =>
    (
      send({ input: [...asked, ...items, again], reasoning: { effort: "low" } })["messages"] as {
        content: { type: string }[];
      }[]
    )[1]?.content.map(({ type }) => type);

  it.each([
    ["the same model's", sealed("us.anthropic.claude-opus-4-6-v1"), ["thinking", "text"]],
    ["another model's", sealed("claude-opus-4-8"), ["text"]],
    ["without content", { type: "reasoning", summary: [] }, ["text"]],
    ["OpenAI's own", { type: "reasoning", summary: [], encrypted_content: "gAAAAABo" }, ["text"]],
    ["not even text", { type: "reasoning", encrypted_content: 5 }, ["text"]],
  ])("%s", (_name, item, types) => {
    expect(turnOf(item, said)).toEqual(types);
  });

  it("after which nothing was said are left out", () => {
    expect(turnOf(said, sealed("claude-opus-4-6"))).toEqual(["text"]);
  });
});

test.each([
  [
    "an image",
    { type: "input_image", detail: "auto", image_url: "data:image/png;base64,iVBORw0KGgo=" },
    { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
  ],
  [
    "an image's address",
    { type: "input_image", image_url: "https://x.test/a.png" },
    { type: "image", source: { type: "url", url: "https://x.test/a.png" } },
  ],
  [
    "a file",
    { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
    {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
      title: "a.pdf",
    },
  ],
  [
    "a file's address",
    { type: "input_file", file_url: "https://x.test/a.pdf" },
    { type: "document", source: { type: "url", url: "https://x.test/a.pdf" } },
  ],
  [
    "a marked text",
    { type: "input_text", text: "a", prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } },
    { type: "text", text: "a", cache_control: { type: "ephemeral" } },
  ],
  [
    "a text marked as Anthropic does",
    { type: "input_text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
    { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
  ],
])("%s is sent", (_name, part, block) => {
  expect(send({ input: [{ role: "user", content: [part] }] })["messages"]).toEqual([user(block)]);
  const results = send({
    input: [
      { role: "user", content: "a" },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output: [part] },
    ],
  })["messages"] as unknown[];
  expect(results.at(-1)).toEqual(user({ type: "tool_result", tool_use_id: "c", content: [block] }));
});

test("a refusal of the assistant is its text", () => {
  const input = [
    { role: "user", content: "a" },
    { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
    { role: "user", content: "b" },
  ];
  expect(send({ input })["messages"]).toEqual([user(text("a")), assistant(text("No.")), user(text("b"))]);
});

describe("tools", () => {
  const parameters = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };

  it("are functions upstream, custom ones with one text", () => {
    const body = {
      tools: [
        { type: "function", name: "read", description: "Reads.", parameters, strict: true },
        {
          type: "custom",
          name: "apply_patch",
          description: "Patches.",
          format: { type: "grammar", syntax: "lark", definition: "start: a" },
        },
        {
          type: "namespace",
          name: "mcp",
          description: "",
          tools: [
            { type: "function", name: "read", parameters },
            { type: "custom", name: "run!" },
          ],
        },
      ],
      tool_choice: "auto",
    };
    const { tools, tool_choice } = send({ input: "hi", ...body }) as {
      tools: Record<string, unknown>[];
      tool_choice: unknown;
    };
    expect(tool_choice).toEqual({ type: "auto" });
    expect(tools.map(({ name }) => name)).toEqual([
      "read",
      "apply_patch",
      "mcp__read",
      expect.stringMatching(/^mcp__run__[0-9a-f]{8}$/),
    ]);
    expect(tools[0]).toEqual({
      name: "read",
      description: "Reads.",
      input_schema: { ...parameters, additionalProperties: false },
      strict: true,
    });
    expect(tools[1]).toEqual({
      name: "apply_patch",
      description:
        'Patches.\n\nThe tool takes free text: put it into "input" as it is.\n\nThe text must follow this grammar (lark):\nstart: a',
      input_schema: {
        type: "object",
        properties: { input: { type: "string", description: "The whole text for the tool, as it is." } },
        required: ["input"],
        additionalProperties: false,
      },
    });
    expect([...planOf(body).plan.tools]).toEqual([
      ["apply_patch", { kind: "custom", name: "apply_patch", namespace: undefined }],
      ["mcp__read", { kind: "function", name: "read", namespace: "mcp" }],
      [tools[3]?.["name"], { kind: "custom", name: "run!", namespace: "mcp" }],
    ]);
  });

  it("come with items, too, once", () => {
    const late = {
      type: "additional_tools",
      role: "developer",
      tools: [
        { type: "function", name: "late" },
        { type: "function", name: "f" },
      ],
    };
    const { tools } = send({
      tools: [{ type: "function", name: "f", description: "first" }],
      input: [{ role: "user", content: "a" }, late, late],
    }) as { tools: { name: string; description?: string }[] };
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ["f", "first"],
      ["late", undefined],
    ]);
    expect(refusal({ tools: [...late.tools, ...late.tools] }).message).toContain(
      'tools.2.name "late" is already the name of tools.0',
    );
  });

  it("that OpenAI runs are dropped or refused", () => {
    const tools = [{ type: "web_search" }, { type: "function", name: "f" }, { type: "web_search" }];
    expect(planOf({ tools }).droppedParams).toEqual(["tools.web_search"]);
    expect(refusal({ tools }, STRICT).message).toBe(
      'tools.0.type is not supported by this gateway; offer tools of type function, custom or namespace, not "web_search", or let the gateway set litellm_settings.drop_params',
    );
    expect(refusal({ tools: [{ type: "telepathy" }] }).message).toBe(
      'tools.0.type is not supported by this gateway; offer tools of type function, custom or namespace, not "telepathy"',
    );
  });

  it.each([
    ["auto", { type: "auto" }],
    ["none", { type: "none" }],
    ["required", { type: "any" }],
    [
      { type: "function", name: "f" },
      { type: "tool", name: "f" },
    ],
    [
      { type: "custom", name: "c" },
      { type: "tool", name: "c" },
    ],
    [
      { type: "function", name: "g", namespace: "n" },
      { type: "tool", name: "n__g" },
    ],
    [
      {
        type: "allowed_tools",
        mode: "required",
        tools: [{ type: "custom", name: "c" }, { type: "web_search" }],
      },
      { type: "any" },
    ],
    [undefined, { type: "auto" }],
  ])("are chosen: %j", (choice, expected) => {
    const tools = [
      { type: "function", name: "f" },
      { type: "custom", name: "c" },
      { type: "namespace", name: "n", tools: [{ type: "function", name: "g" }] },
    ];
    expect(send({ input: "hi", tools, tool_choice: choice })["tool_choice"]).toEqual(expected);
  });

  it("that are not allowed are not offered", () => {
    const tools = [
      { type: "function", name: "f" },
      { type: "custom", name: "c" },
    ];
    const choice = { type: "allowed_tools", mode: "auto", tools: [{ type: "custom", name: "c" }] };
    expect(
      (send({ input: "hi", tools, tool_choice: choice })["tools"] as { name: string }[]).map(
        ({ name }) => name,
      ),
    ).toEqual(["c"]);
  });

  it("are called one by one on request", () => {
    const tools = [{ type: "function", name: "f" }];
    expect(send({ input: "hi", tools, parallel_tool_calls: false })["tool_choice"]).toEqual({
      type: "auto",
      disable_parallel_tool_use: true,
    });
  });
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

test("members of tools that only OpenAI's models know are told", () => {
  const tool = { type: "function", name: "f", parameters: { type: "object" } };
  const dropped = (fields: object) => planOf({ tools: [{ ...tool, ...fields }] }).droppedParams;
  expect(dropped({ allowed_callers: ["direct"], strict: false, defer_loading: false })).toEqual([]);
  expect(dropped({ allowed_callers: ["programmatic"] })).toEqual(["tools.allowed_callers"]);
  expect(dropped({ defer_loading: true, output_schema: { type: "object" } })).toEqual([
    "tools.defer_loading",
    "tools.output_schema",
  ]);
});

test("reasoning that cannot be sent is told", () => {
  const reasoning = { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "hm" }] };
  expect(planOf({ input: [reasoning, { role: "user", content: "hi" }] }).droppedParams).toEqual([
    "input.reasoning",
  ]);
});

test("a PDF in the place of an image is a document", () => {
  const data = Buffer.from("%PDF-1.7").toString("base64");
  const image = { type: "input_image", image_url: `data:application/pdf;base64,${data}`, detail: "auto" };
  expect(send({ input: [{ role: "user", content: [image] }] })["messages"]).toEqual([
    user({ type: "document", source: { type: "base64", media_type: "application/pdf", data } }),
  ]);
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
    [{ input: ["a"] }, "input.0", "input.0 must be an object, not text"],
    [{ input: 5 }, "input", "input must be a list, not number"],
    [{ input: [] }, "input", "input holds no text, image, document or tool call"],
    [
      { input: [{ role: "tool", content: "a" }] },
      "input.0.role",
      'input.0.role must be system, developer, user or assistant, not "tool"',
    ],
    [{ input: [{ role: "user" }] }, "input.0.content", "input.0.content must be a list, not missing"],
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
      "input.0.name must be text, not missing",
    ],
    [{ instructions: ["a"] }, "instructions", "instructions must be text, not list"],
    [
      { max_output_tokens: 0 },
      "max_output_tokens",
      "max_output_tokens must be a whole number from 1 to 9007199254740991, not 0",
    ],
    [
      { reasoning: { effort: "extreme" } },
      "reasoning.effort",
      'reasoning.effort must be none, minimal, low, medium, high, xhigh, max, not "extreme"',
    ],
    [{ include: "a" }, "include", "include must be a list of names, not text"],
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
    [{ tools: [{ type: "function" }] }, "tools.0.name", "tools.0.name must be text, not missing"],
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

test("items of OpenAI's own tools are dropped once, or refused", () => {
  const input = [
    { type: "web_search_call", id: "a" },
    { role: "user", content: "hi" },
    { type: "web_search_call", id: "b" },
  ];
  expect(planOf({ input }).droppedParams).toEqual(["input.web_search_call"]);
  expect(refusal({ input }, STRICT).message).toContain("input.0 of type web_search_call is not supported");
});

test("addresses are refused where Bedrock would have to fetch them", () => {
  const input = [{ role: "user", content: [{ type: "input_file", file_url: "https://x.test/a" }] }];
  expect(refusal({ input }, { ...TARGET, api: "bedrock-invoke" }).message).toBe(
    "input.0.content.0.file_url is an address, and Bedrock fetches no files; send file_data",
  );
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

describe("random conversations", () => {
  const random = new Random(20_261_124);
  const signed = sealReasoning("claude-opus-4-6", '"type":"thinking","thinking":"t","signature":"s"');
  const name = () => random.pick(["read", "n!", "x".repeat(80)]);
  const callId = () => random.pick(["c1", "c2", "c 3", "", undefined]);
  const content = () =>
    random.pick<unknown>([
      "a",
      "",
      " ",
      [],
      null,
      7,
      [{ type: "input_text", text: "b" }],
      [{ type: "output_text", text: "" }],
      [{ type: "input_image", image_url: "data:image/png;base64,iVBORw0KGgo=" }],
      [{}],
    ]);
  const MAKERS: readonly (() => unknown)[] = [
    () => ({
      role: random.pick(["user", "user", "assistant", "developer", "system", "tool", 5]),
      content: content(),
    }),
    () => ({ type: "message", role: "user", content: "u" }),
    () => ({ type: "message", role: "assistant", content: [{ type: "output_text", text: "o" }] }),
    () => ({
      type: "function_call",
      call_id: callId(),
      name: name(),
      arguments: random.pick(["{}", "", '{"a":1}', "[1]", "{", '"s"']),
    }),
    () => ({
      type: "custom_tool_call",
      call_id: callId(),
      name: name(),
      input: random.pick(["", "x", null]),
    }),
    () => ({
      type: "function_call_output",
      call_id: callId(),
      output: random.pick<unknown>(["r", "", [{ type: "input_text", text: "r" }]]),
    }),
    () => ({ type: "reasoning", encrypted_content: random.pick([signed, "x", null]), summary: [] }),
    () => ({ type: random.pick(["web_search_call", "function_call_output"]), output: "r" }),
    () => random.pick<unknown>([{ type: "item_reference" }, null, {}, { type: "x" }]),
  ];
  const makeItem = () =>
    random.pick(MAKERS.slice(0, random.int(0, 9) === 0 ? MAKERS.length : MAKERS.length - 1))();

  function checkStructure(
    messages: readonly {
      role: string;
      content: { type: string; id?: string; tool_use_id?: string; text?: string }[];
    }[],
  ): void {
    const ids = new Set<string>();
    messages.forEach(({ role, content: blocks }, index) => {
      expect(role).toBe(index % 2 === 0 ? "user" : "assistant");
      expect(blocks.length).toBeGreaterThan(0);
      for (const block of blocks) if (block.type === "text") expect(block.text?.trim()).not.toBe("");
      if (role === "user") return;
      expect(blocks.at(-1)?.type).not.toMatch(/thinking/);
      const calls = blocks.flatMap(({ type, id }) => (type === "tool_use" ? [id as string] : []));
      for (const id of calls) {
        expect(id).toMatch(/^[a-zA-Z0-9_-]+$/);
        expect(ids.has(id)).toBe(false);
        ids.add(id);
      }
      const results = (messages[index + 1]?.content ?? []).slice(0, calls.length);
      expect(results.map(({ tool_use_id: id }) => id).sort()).toEqual(calls.sort());
      const rest = (messages[index + 1]?.content ?? []).slice(calls.length);
      expect(rest.some(({ type }) => type === "tool_result")).toBe(false);
    });
  }

  it("become turns that Anthropic accepts, or are refused as wrong", () => {
    let sent = 0;
    for (let round = 0; round < 2000; round += 1) {
      const input = Array.from({ length: random.int(1, 8) }, makeItem);
      const body = { input, ...(random.int(0, 1) === 0 ? { reasoning: { effort: "low" } } : {}) };
      let messages: Parameters<typeof checkStructure>[0];
      try {
        messages = send(body, random.pick([TARGET, { ...TARGET, upstreamModel: "claude-haiku-4-5" }]))[
          "messages"
        ] as typeof messages;
      } catch (error) {
        if (!(error instanceof TranslationError)) throw error;
        continue;
      }
      sent += 1;
      checkStructure(messages);
    }
    expect(sent).toBeGreaterThan(300);
  });
});

test("a user without a name is none", () => {
  const metadataOf = (body: object) => send({ input: "hi", ...body })["metadata"];
  expect(metadataOf({ user: "" })).toBeUndefined();
  expect(metadataOf({ safety_identifier: " ", user: "bob" })).toEqual(metadataOf({ user: "bob" }));
});
