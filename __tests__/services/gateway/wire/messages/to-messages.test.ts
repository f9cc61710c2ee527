import { numberIn } from "../../../../../services/gateway/json/client-value";
import {
  type JsonObject,
  type JsonValue,
  RawNumber,
  RawText,
} from "../../../../../services/gateway/json/json-value";
import type { MessagesTarget } from "../../../../../services/gateway/wire/internal/request";
import {
  allowToolMembers,
  readConversation,
  readSystem,
  toCountedMessages,
  toMessages,
} from "../../../../../services/gateway/wire/messages/to-messages";

describe("to messages", () => {
  const target: MessagesTarget = {
    upstreamModel: "claude-x",
    maxOutputTokens: undefined,
    api: "anthropic",
    mayDropParams: true,
  };
  const body = { model: "alias", max_tokens: 100, messages: [{ role: "user", content: "Hi" }] };

  it("is passed on with the provider's name of the model", () => {
    const fields = {
      thinking: { type: "adaptive" },
      temperature: 1,
      new_field: [1],
      tools: [],
      metadata: { user_id: "u" },
    };
    expect(toMessages({ ...body, ...fields, system: "Be brief.", stream: true }, target)).toEqual({
      request: { ...body, ...fields, model: "claude-x", system: [{ type: "text", text: "Be brief." }] },
      droppedParams: ["new_field"],
      plan: {},
    });
  });

  it("names what is never sent on", () => {
    const { droppedParams } = toMessages(
      { ...body, api_base: "x", fallbacks: [], speed: null, stream: false, top_k: 1 },
      target,
    );
    expect(droppedParams).toEqual(["api_base", "fallbacks"]);
  });

  it("names labels of metadata that no provider is sent, not the ids that the audit row records", () => {
    const metadata = { user_id: "u", session_id: "s", trace_id: null, tags: ["a"] };
    const { droppedParams } = toMessages({ ...body, metadata, litellm_session_id: "s" }, target);
    expect(droppedParams).toEqual(["metadata.tags"]);
  });

  it("names what InvokeModel is not sent, which other APIs are", () => {
    const fields = {
      metadata: { user_id: "u", tags: ["a"] },
      service_tier: "auto",
      mcp_servers: [{ url: "https://a" }],
      cache_control: { type: "ephemeral" },
      tools: [{ name: "f", input_schema: {}, eager_input_streaming: true }],
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    };
    const dropped = (api: MessagesTarget["api"]) =>
      toMessages({ ...body, ...fields }, { ...target, api }).droppedParams;
    expect(dropped("bedrock-invoke")).toEqual([
      ...["metadata", "service_tier", "mcp_servers", "cache_control"],
      ...["tools.eager_input_streaming", "tool_choice.disable_parallel_tool_use"],
    ]);
    expect(dropped("bedrock-messages")).toEqual(["metadata.tags"]);
    expect(dropped("anthropic")).toEqual(["metadata.tags"]);
  });

  it("says when the deployment gives shorter answers than asked for", () => {
    const plan = (max_tokens: number) =>
      toMessages({ ...body, max_tokens }, { ...target, maxOutputTokens: 50 }).plan;
    expect(plan(100)).toEqual({ degradations: ["max_tokens=50"] });
    expect(plan(50)).toEqual({});
  });

  it("leaves credentials out of tools, and names them", () => {
    const { request, droppedParams } = toMessages(
      { ...body, tools: [{ name: "f", input_schema: {}, api_key: "k" }] },
      target,
    );
    expect(request["tools"]).toEqual([{ name: "f", input_schema: {} }]);
    expect(droppedParams).toEqual(["tools.api_key"]);
  });

  it.each<[JsonValue, number | undefined, number]>([
    [1, undefined, 1],
    [100, 50, 50],
    [100, 200, 100],
    [new RawNumber("1e2"), undefined, 100],
    // What is known of the model, where the deployment does not say.
    [Number.MAX_SAFE_INTEGER, undefined, 128_000],
  ])("max_tokens %p, at most %p", (max_tokens, maxOutputTokens, expected) => {
    const { request, plan } = toMessages({ ...body, max_tokens }, { ...target, maxOutputTokens });
    expect(request.max_tokens).toBe(expected);
    const asked = numberIn(max_tokens);
    expect(plan).toEqual(asked === expected ? {} : { degradations: [`max_tokens=${expected}`] });
  });

  it("is no longer than the model's answers can be", () => {
    const upstreamModel = "claude-opus-4-1-20250805";
    const { request } = toMessages({ ...body, max_tokens: 64_000 }, { ...target, upstreamModel });
    expect(request.max_tokens).toBe(32_000);
  });

  it.each<[string, JsonValue | undefined, string]>([
    ["max_tokens", undefined, "max_tokens must be an integer from 1 to 9007199254740991, not missing"],
    ["max_tokens", "10", "max_tokens must be an integer from 1 to 9007199254740991, not string"],
    ["max_tokens", 0, "max_tokens must be at least 1; filling a cache with 0 is not supported"],
    ["max_tokens", -1, "max_tokens must be an integer from 1 to 9007199254740991, not -1"],
    ["max_tokens", 1.5, "max_tokens must be an integer from 1 to 9007199254740991, not 1.5"],
    [
      "max_tokens",
      new RawNumber("1e999"),
      "max_tokens must be an integer from 1 to 9007199254740991, not Infinity",
    ],
    [
      "max_tokens",
      new RawNumber("9007199254740993"),
      "max_tokens must be an integer from 1 to 9007199254740991, not 9007199254740992",
    ],
    ["model", undefined, "model must be a string, not missing"],
    ["model", "", "model must be a string, not empty"],
    ["messages", null, "messages must be an array, not null"],
    ["system", 5, "system must be a string or an array of content blocks, not number"],
  ])("refuses %s %p", (param, value, message) => {
    expect(() => toMessages({ ...body, [param]: value }, target)).toThrow(
      expect.objectContaining({ param, message }),
    );
  });

  it("is counted without a length of the answer", () => {
    const { max_tokens: _maxTokens, ...counted } = body;
    expect(toCountedMessages(counted, target).request).toEqual({
      ...counted,
      model: "claude-x",
      max_tokens: 1,
    });
  });

  describe("the region that an answer is to stay in", () => {
    it("is asked of Anthropic", () => {
      const { request, droppedParams } = toMessages({ ...body, inference_geo: "us" }, target);
      expect(request["inference_geo"]).toBe("us");
      expect(droppedParams).toEqual([]);
    });

    it("is the deployment's with Bedrock: anywhere is left out, anything else is refused", () => {
      const bedrock: MessagesTarget = { ...target, api: "bedrock-messages" };
      const { request, droppedParams } = toMessages({ ...body, inference_geo: "global" }, bedrock);
      expect(request).not.toHaveProperty("inference_geo");
      expect(droppedParams).toEqual(["inference_geo"]);
      expect(() => toMessages({ ...body, inference_geo: "us" }, bedrock)).toThrow(
        expect.objectContaining({ param: "inference_geo", message: expect.stringContaining("Bedrock") }),
      );
      expect(toMessages({ ...body, inference_geo: null }, bedrock).droppedParams).toEqual([]);
    });
  });
});

describe("read conversation", () => {
  const long = RawText.of("x".repeat(600));

  describe("messages", () => {
    it("stay as they are, also what is not known", () => {
      const messages = [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: long, signature: "s" },
            { type: "new_block", a: 1 },
          ],
        },
        { role: "system", content: long },
        { role: "user", content: [] },
      ];
      expect(readConversation(messages)).toBe(messages);
    });

    it.each<[JsonValue | undefined, string, string]>([
      [undefined, "messages", "messages must be an array, not missing"],
      ["Hi", "messages", "messages must be an array, not string"],
      [[], "messages", "messages must have at least one message"],
      [["Hi"], "messages.0", "messages.0 must be an object, not string"],
      [[{ content: "Hi" }], "messages.0.role", "messages.0.role must be the name of a role, not missing"],
      [
        [{ role: long, content: "Hi" }],
        "messages.0.role",
        "messages.0.role must be the name of a role, not string",
      ],
      [
        [{ role: "user" }],
        "messages.0.content",
        "messages.0.content must be a string or an array of content blocks, not missing",
      ],
      [
        [{ role: "user", content: { type: "text" } }],
        "messages.0.content",
        "messages.0.content must be a string or an array of content blocks, not object",
      ],
      [
        [{ role: "user", content: ["Hi"] }],
        "messages.0.content.0",
        "messages.0.content.0 must be a content block, not string",
      ],
      [
        [{ role: "user", content: [{ type: "text" }, { text: "Hi" }] }],
        "messages.0.content.1",
        "messages.0.content.1.type must be the name of a type, not missing",
      ],
    ])("refuses %j", (value, param, message) => {
      expect(() => readConversation(value)).toThrow(expect.objectContaining({ param, message }));
    });
  });

  describe("system", () => {
    it.each<[JsonValue | undefined, unknown]>([
      [undefined, undefined],
      [null, undefined],
      ["", undefined],
      [" \n", undefined],
      [[], undefined],
      ["Be brief.", [{ type: "text", text: "Be brief." }]],
      [long, [{ type: "text", text: long }]],
      [
        [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }],
        [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }],
      ],
    ])("%j", (value, expected) => {
      expect(readSystem(value)).toEqual(expected);
    });

    it("refuses other kinds", () => {
      expect(() => readSystem(1)).toThrow(
        "system must be a string or an array of content blocks, not number",
      );
      expect(() => readSystem([null])).toThrow("system.0 must be a content block, not null");
    });
  });
});

describe("tool members", () => {
  const schema = { type: "object", properties: { api_key: { type: "string" } } };
  const mark = { type: "ephemeral" };
  const SECRETS = { api_base: "http://x", api_key: "k", extra_headers: { a: "b" }, litellm_params: {} };

  it.each<[string, JsonObject]>([
    ["custom", { name: "f", description: "d", input_schema: schema, strict: true, cache_control: mark }],
    ["custom, by name", { type: "custom", name: "f", input_schema: schema, eager_input_streaming: true }],
    [
      "custom, null",
      { type: null, name: "f", input_schema: schema, input_examples: [{}], defer_loading: true },
    ],
    ["bash", { type: "bash_20250124", name: "bash" }],
    ["editor", { type: "text_editor_20250728", name: "str_replace_based_edit_tool", max_characters: 5 }],
    ["computer", { type: "computer_20251124", name: "computer", display_width_px: 1, display_height_px: 1 }],
    ["search of tools", { type: "tool_search_tool_bm25_20251119", name: "t", allowed_callers: ["direct"] }],
    ["search of tools, no date", { type: "tool_search_tool_regex", name: "t" }],
    [
      "web search",
      { type: "web_search_20260318", name: "w", max_uses: 1, user_location: {}, allowed_domains: [] },
    ],
    ["web fetch", { type: "web_fetch_20260318", name: "w", citations: {}, use_cache: false }],
    ["toolset", { type: "browser_toolset_20260801", configs: {} }],
    ["toolset of a server", { type: "mcp_toolset", mcp_server_name: "m", default_config: {}, configs: {} }],
    ["of the future", { type: "browser_20300101", name: "b", max_uses: 1, input_schema: schema }],
  ])("%s: keeps its members, and no others", (_kind, tool) => {
    const tools = [tool];
    expect(allowToolMembers(tools).tools).toBe(tools);
    expect(allowToolMembers([{ ...tool, ...SECRETS }])).toEqual({
      tools: [tool],
      droppedParams: ["tools.api_base", "tools.api_key", "tools.extra_headers", "tools.litellm_params"],
    });
  });

  it.each<[string, JsonObject, JsonObject, string[]]>([
    ["another type's", { name: "f", max_uses: 1 }, { name: "f" }, ["tools.max_uses"]],
    [
      "another model",
      { type: "advisor_20260301", name: "advisor", model: "claude-x" },
      { type: "advisor_20260301", name: "advisor" },
      ["tools.model"],
    ],
    [
      "OpenAI's form",
      { type: "function", function: { name: "f" } },
      { type: "function" },
      ["tools.function"],
    ],
    ["nothing of consequence", { name: "f", api_key: null }, { name: "f" }, []],
  ])("drops %s", (_name, tool, sent, droppedParams) => {
    expect(allowToolMembers([tool])).toEqual({ tools: [sent], droppedParams });
  });

  it("names each member once, and leaves other tools as they are", () => {
    const plain = { name: "g", input_schema: schema };
    const { tools, droppedParams } = allowToolMembers([
      { name: "f", a: 1 },
      plain,
      { name: "h", a: 2, b: 3 },
    ]);
    expect(tools).toEqual([{ name: "f" }, plain, { name: "h" }]);
    expect((tools as object[])[1]).toBe(plain);
    expect(droppedParams).toEqual(["tools.a", "tools.b"]);
  });

  it.each([undefined, null, "x", 5, {}, [null, "x", 5, []]])("leaves %p to the provider", (tools) => {
    expect(allowToolMembers(tools as never)).toEqual({ tools, droppedParams: [] });
  });
});
