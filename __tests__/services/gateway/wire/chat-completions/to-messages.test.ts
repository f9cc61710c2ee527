import { TranslationError } from "../../../../../services/gateway/json/client-value";
import { toMessages } from "../../../../../services/gateway/wire/chat-completions/to-messages";
import type { MessagesTarget } from "../../../../../services/gateway/wire/internal/request";
import { findCapabilities } from "../../../../../services/gateway/wire/shared/model-capabilities";
import { brokenRules } from "../../../../support/services/broken-rules";
import { Random } from "../../../../support/services/random";
import { readBody, readSent, targetOf, translateChat } from "../../../../support/services/translate-chat";

const EPHEMERAL = { type: "ephemeral" };
const text = (words: string, mark?: object) => ({
  type: "text",
  text: words,
  ...(mark && { cache_control: mark }),
});

describe("what clients send", () => {
  it("Roo Code, with prompt caching", () => {
    const parameters = {
      type: "object",
      properties: { result: { type: "string" } },
      required: ["result"],
      additionalProperties: false,
    };
    const { request, droppedParams, plan } = translateChat(
      {
        model: "claude-sonnet",
        temperature: 0,
        stream: true,
        stream_options: { include_usage: true },
        messages: [
          { role: "system", content: [text("You are Roo.", EPHEMERAL)] },
          { role: "user", content: [text("<task>x</task>"), text("<environment_details/>", EPHEMERAL)] },
          {
            role: "assistant",
            content: "",
            tool_calls: [
              { id: "toolu_1", type: "function", function: { name: "read_file", arguments: '{"path":"a"}' } },
            ],
          },
          { role: "tool", tool_call_id: "toolu_1", content: "(empty)" },
          { role: "user", content: [text("<environment_details/>", EPHEMERAL)] },
        ],
        tools: [
          {
            type: "function",
            function: { name: "attempt_completion", description: "d", strict: true, parameters },
          },
        ],
        tool_choice: "auto",
        parallel_tool_calls: true,
        max_completion_tokens: 8192,
      },
      targetOf("claude-sonnet-5"),
    );
    expect(request).toEqual({
      model: "claude-sonnet-5",
      max_tokens: 8192,
      system: [text("You are Roo.", EPHEMERAL)],
      messages: [
        { role: "user", content: [text("<task>x</task>"), text("<environment_details/>", EPHEMERAL)] },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a" } }],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "toolu_1", content: "(empty)" },
            text("<environment_details/>", EPHEMERAL),
          ],
        },
      ],
      tools: [{ name: "attempt_completion", description: "d", input_schema: parameters, strict: true }],
      tool_choice: { type: "auto" },
      thinking: { type: "adaptive", display: "summarized" },
      stream: true,
    });
    expect(droppedParams).toEqual(["temperature"]);
    expect(plan.includeUsage).toBe(true);
  });

  it("OpenCode, in a tool round", () => {
    const marked = { cache_control: EPHEMERAL };
    const { request, droppedParams } = translateChat({
      max_tokens: 32_000,
      stream: true,
      stream_options: { include_usage: true },
      tool_choice: "auto",
      tools: [
        {
          type: "function",
          function: {
            name: "bash",
            parameters: {
              $schema: "https://json-schema.org/draft/2020-12/schema",
              type: "object",
              properties: {},
            },
          },
        },
      ],
      messages: [
        { role: "system", content: "You are opencode.", ...marked },
        { role: "user", content: "write a file" },
        {
          role: "assistant",
          content: "",
          tool_calls: [
            {
              id: "call_1",
              type: "function",
              function: { name: "bash", arguments: '{"command":"ls"}' },
              ...marked,
            },
          ],
        },
        { role: "tool", tool_call_id: "call_1", content: "a.txt", ...marked },
      ],
    });
    expect(request).toEqual({
      model: "claude-sonnet-4-5-20250929",
      max_tokens: 32_000,
      system: [text("You are opencode.", EPHEMERAL)],
      messages: [
        { role: "user", content: [text("write a file")] },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "call_1", name: "bash", input: { command: "ls" }, ...marked }],
        },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "call_1", content: "a.txt", ...marked }],
        },
      ],
      tools: [
        {
          name: "bash",
          input_schema: {
            $schema: "https://json-schema.org/draft/2020-12/schema",
            type: "object",
            properties: {},
          },
        },
      ],
      tool_choice: { type: "auto" },
      stream: true,
    });
    expect(droppedParams).toEqual([]);
  });

  it("OpenCode, asking for a title: two user messages and no tools", () => {
    const messages = [
      { role: "system", content: "You are a title generator.", cache_control: EPHEMERAL },
      { role: "user", content: "Generate a title:", cache_control: EPHEMERAL },
      { role: "user", content: "say hi", cache_control: EPHEMERAL },
    ];
    const { request } = translateChat({ messages, max_tokens: 32_000, stream: true });
    expect(request["messages"]).toEqual([
      { role: "user", content: [text("Generate a title:", EPHEMERAL), text("say hi", EPHEMERAL)] },
    ]);
  });

  it("Cline: no cache marks, an image, the result of a tool", () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgoAAAA" } };
    const { request, droppedParams } = translateChat({
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      messages: [
        { role: "system", content: "You are Cline." },
        { role: "user", content: [text("look"), image] },
        {
          role: "assistant",
          content: "I read it.",
          tool_calls: [{ id: "call_x", type: "function", function: { name: "read_files", arguments: "" } }],
        },
        { role: "tool", tool_call_id: "call_x", content: [text("done")] },
      ],
      tools: [
        {
          type: "function",
          function: { name: "read_files", parameters: { type: "object", properties: {} } },
        },
      ],
    });
    expect(request["messages"]).toEqual([
      {
        role: "user",
        content: [
          text("look"),
          { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgoAAAA" } },
        ],
      },
      {
        role: "assistant",
        content: [text("I read it."), { type: "tool_use", id: "call_x", name: "read_files", input: {} }],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "call_x", content: [text("done")] }] },
    ]);
    expect(request["temperature"]).toBe(0);
    expect(droppedParams).toEqual([]);
  });

  it("the OpenAI SDK's helper for parsed answers, with its usual fields", () => {
    const schema = {
      type: "object",
      properties: { steps: { type: "array", items: { type: "string" } } },
      required: ["steps"],
      additionalProperties: false,
      $schema: "http://json-schema.org/draft-07/schema#",
    };
    const { request, droppedParams } = translateChat(
      {
        messages: [
          { role: "developer", content: "Be exact." },
          { role: "user", content: "2+2" },
        ],
        response_format: { type: "json_schema", json_schema: { name: "math", strict: true, schema } },
        reasoning_effort: "low",
        verbosity: "low",
        user: "user-1",
        seed: 1,
        n: 1,
      },
      targetOf("claude-opus-5"),
    );
    const { $schema: _, ...sent } = schema;
    expect(request).toMatchObject({
      system: [text("Be exact.")],
      messages: [{ role: "user", content: [text("2+2")] }],
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: "low", format: { type: "json_schema", schema: sent } },
    });
    expect(droppedParams).toEqual(["verbosity", "seed"]);
  });
});

const TARGETS: readonly MessagesTarget[] = [
  targetOf("claude-sonnet-4-5"),
  targetOf("claude-opus-4-6"),
  targetOf("claude-opus-5-5"),
  targetOf("claude-sonnet-5-5"),
  targetOf("anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock-invoke"),
  targetOf("anthropic.claude-opus-4-8", "bedrock-messages"),
  { ...targetOf("claude-sonnet-4-5"), maxOutputTokens: 1500 },
];
const TEXTS = ["hi", "", " \n", "é😀", "x".repeat(700), `${" ".repeat(600)}`, "a\nb "];
const IDS = ["a", "b", "a.b", "a:b", "", "ü", "call_1", "x".repeat(700)];
const NAMES = ["f", "g", "h.i", "n".repeat(70)];
const ARGUMENTS = ["{}", "", '{"a":1}', '{"a":', "[]", "null", `{"t":"${"y".repeat(600)}"}`];
const ODD = [null, 5, true, "x", [], {}, [null], { type: "x" }, -1, 1e300];

/** Bodies that are mostly right, in odd orders, and now and then wrong somewhere. */
class BodyMaker {
  constructor(private readonly random: Random) {}

  body(): object {
    const names = NAMES.filter(() => this.random.next() < 0.5);
    return this.some({
      messages: Array.from({ length: this.random.int(1, 8) }, () => this.message()),
      tools: () =>
        names.map((name) =>
          this.some({
            type: "function",
            function: { name, parameters: this.schema() },
            cache_control: () => this.mark(),
          }),
        ),
      tool_choice: () =>
        this.random.pick([
          "auto",
          "none",
          "required",
          { type: "function", function: { name: names[0] ?? "f" } },
        ]),
      parallel_tool_calls: () => this.random.next() < 0.5,
      response_format: () =>
        this.random.pick<object>([
          { type: "json_object" },
          { type: "json_schema", json_schema: { schema: this.schema() } },
        ]),
      reasoning_effort: () => this.random.pick(["none", "minimal", "low", "high", "max"]),
      thinking: () => ({ type: "enabled", budget_tokens: this.random.int(1, 40_000) }),
      max_tokens: () => this.random.int(1, 100_000),
      temperature: () => this.random.next() * 2,
      top_p: () => this.random.next(),
      stop: () => this.random.pick<unknown>(["x", [" ", "y"]]),
      cache_control: () => this.mark(),
      user: () => "me",
      unknown_field: () => this.random.pick(ODD),
    });
  }

  message(): object {
    const content = () => this.content();
    const mark = () => this.mark();
    switch (this.random.int(0, 6)) {
      case 0:
        return this.some({ role: "system", content: this.random.pick(TEXTS), cache_control: mark });
      case 1:
      case 2:
        return this.some({ role: "user", content: content(), cache_control: mark });
      case 3:
      case 4:
        return this.some({
          role: "assistant",
          content: this.random.pick<unknown>([null, ...TEXTS]),
          tool_calls: () => Array.from({ length: this.random.int(0, 3) }, () => this.call()),
          thinking_blocks: () => [
            { type: "thinking", thinking: "hm", signature: this.random.pick(["s", ""]) },
          ],
          cache_control: mark,
        });
      default:
        return this.some({
          role: "tool",
          tool_call_id: this.random.pick(IDS),
          content: content(),
          cache_control: mark,
        });
    }
  }

  call(): object {
    const name = this.random.pick(NAMES);
    return this.some({
      id: this.random.pick(IDS),
      type: "function",
      function: { name, arguments: this.random.pick(ARGUMENTS) },
      cache_control: () => this.mark(),
    });
  }

  content(): unknown {
    if (this.random.next() < 0.5) return this.random.pick(TEXTS);
    return Array.from({ length: this.random.int(0, 3) }, () =>
      this.random.next() < 0.8
        ? this.some({ type: "text", text: this.random.pick(TEXTS), cache_control: () => this.mark() })
        : { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo" } },
    );
  }

  schema(): object {
    return this.random.pick<object>([
      {},
      { type: "object", properties: { a: { type: "string" } } },
      { anyOf: [{ properties: { a: {} } }, {}] },
      { type: "object", additionalProperties: true },
    ]);
  }

  mark(): object {
    return this.random.pick<object>([EPHEMERAL, { type: "ephemeral", ttl: "1h" }, { type: "x" }]);
  }

  /** Members that are functions are there or not; one in a hundred is something else altogether. */
  some(members: Record<string, unknown>): object {
    return Object.fromEntries(
      Object.entries(members).flatMap(([name, member]) => {
        if (this.random.next() < 0.003) return [[name, this.random.pick(ODD)]];
        if (typeof member !== "function") return [[name, member]];
        return this.random.next() < 0.25 ? [[name, (member as () => unknown)()]] : [];
      }),
    );
  }
}

describe("any chat", () => {
  let translated = 0;

  it.each(Array.from({ length: 10 }, (_, batch) => batch))(
    "is translated by the rules, or refused: batch %d",
    (batch) => {
      for (let index = 0; index < 150; index++) {
        const random = new Random(batch * 1000 + index);
        const target = random.pick(TARGETS);
        const body = new BodyMaker(random).body();
        let request: Record<string, unknown>;
        try {
          request = readSent(toMessages(readBody(body), target).request);
        } catch (error) {
          if (!(error instanceof TranslationError)) throw new Error(`seed ${random.seed}`, { cause: error });
          continue;
        }
        translated++;
        const capabilities = findCapabilities(target.upstreamModel);
        const last = (request["messages"] as { role: string }[]).at(-1)?.role;
        const { type } = (request["tool_choice"] ?? {}) as { type?: string };
        const broken = [
          ...brokenRules(request),
          ...(last === "assistant" && !capabilities.acceptsPrefill ? ["the user is last"] : []),
          ...((type === "any" || type === "tool") && !capabilities.acceptsForcedTools
            ? ["no tool is demanded"]
            : []),
        ];
        expect({ seed: random.seed, broken }).toEqual({ seed: random.seed, broken: [] });
      }
    },
  );

  it("is mostly translated", () => {
    expect(translated).toBeGreaterThan(750);
  });
});
