import { TranslationError } from "../../../../../services/gateway/json/client-value";
import type { JsonObject, JsonValue } from "../../../../../services/gateway/json/json-value";
import { parseJson } from "../../../../../services/gateway/json/parse-json";
import { writeJson } from "../../../../../services/gateway/json/write-json";
import { sealReasoning } from "../../../../../services/gateway/wire/responses/reasoning-envelope";
import { toMessages } from "../../../../../services/gateway/wire/responses/to-messages";
import { FRAME_BEGIN, FRAME_END } from "../../../../../services/gateway/wire/shared/conversation";
import { Random } from "../../../../support/services/random";
import {
  assistant,
  planOf,
  refusal,
  STRICT,
  send,
  TARGET,
  text,
  user,
} from "../../../../support/services/translate-responses";

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

test("reasoning that cannot be sent is told", () => {
  const reasoning = { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "hm" }] };
  expect(planOf({ input: [reasoning, { role: "user", content: "hi" }] }).droppedParams).toEqual([
    "input.reasoning",
  ]);
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
