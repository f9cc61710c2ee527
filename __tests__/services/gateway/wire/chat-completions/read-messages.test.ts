import { RawText } from "../../../../../services/gateway/json/json-value";
import { toMessages } from "../../../../../services/gateway/wire/chat-completions/to-messages";
import type { ContentBlock } from "../../../../../services/gateway/wire/internal/request";
import { FRAME_BEGIN, FRAME_END } from "../../../../../services/gateway/wire/shared/conversation";
import { readBody, SONNET_4_5, targetOf, translateChat } from "../../../../support/services/translate-chat";

const EPHEMERAL = { type: "ephemeral" };
const text = (words: string, mark?: object) => ({
  type: "text",
  text: words,
  ...(mark && { cache_control: mark }),
});
const user = (...content: object[]) => ({ role: "user", content });
const assistant = (...content: object[]) => ({ role: "assistant", content });
const use = (id: string, name = "f", input: object = {}) => ({ type: "tool_use", id, name, input });
const result = (id: string, content: unknown = "ok") => ({ type: "tool_result", tool_use_id: id, content });
const call = (id: string, args = "{}", name = "f") => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const calls = (...tool_calls: object[]) => ({ role: "assistant", content: "", tool_calls });
const tool = (id: string, content: unknown = "ok") => ({ role: "tool", tool_call_id: id, content });
const hi = { role: "user", content: "hi" };
const HI = user(text("hi"));
const MISSING = { ...result("a", "No result was provided for this tool call."), is_error: true };

const translate = (messages: object[], target = SONNET_4_5) => translateChat({ messages }, target).request;

test.each<[string, object[], object[]]>([
  ["text", [hi], [HI]],
  ["parts", [{ role: "user", content: [text("a"), text("b")] }], [user(text("a"), text("b"))]],
  ["a name is left out", [{ ...hi, name: "bob" }], [HI]],
  ["neighbours of one role", [hi, { role: "user", content: "you" }], [user(text("hi"), text("you"))]],
  ["blank texts", [{ role: "user", content: [text(" \n"), text("a"), text("")] }], [user(text("a"))]],
  [
    "an assistant's neighbours of a blank turn",
    [
      hi,
      { role: "assistant", content: "a" },
      { role: "user", content: " " },
      { role: "assistant", content: "b" },
      hi,
    ],
    [HI, assistant(text("a"), text("b")), HI],
  ],
  [
    "a blank last turn",
    [hi, { role: "assistant", content: "a" }, { role: "user", content: "" }],
    [HI, assistant(text("a")), user(text("."))],
  ],
  [
    "the assistant begins",
    [{ role: "assistant", content: "a" }, hi],
    [user(text(".")), assistant(text("a")), HI],
  ],
  ["only system", [{ role: "system", content: "s" }], [user(text("."))]],
  [
    "content null of an assistant",
    [hi, { role: "assistant", content: null }, hi],
    [user(text("hi"), text("hi"))],
  ],
  [
    "a refusal part",
    [hi, { role: "assistant", content: [{ type: "refusal", refusal: "no" }] }, hi],
    [HI, assistant(text("no")), HI],
  ],
  [
    "a refusal field",
    [hi, { role: "assistant", content: null, refusal: "no" }, hi],
    [HI, assistant(text("no")), HI],
  ],
  [
    "reasoning_content is left out",
    [hi, { role: "assistant", content: "a", reasoning_content: "hm" }, hi],
    [HI, assistant(text("a")), HI],
  ],
  [
    "a call and its result",
    [hi, calls(call("a", '{"x":1}')), tool("a")],
    [HI, assistant(use("a", "f", { x: 1 })), user(result("a"))],
  ],
  [
    "text before a call",
    [hi, { ...calls(call("a")), content: "see" }, tool("a")],
    [HI, assistant(text("see"), use("a")), user(result("a"))],
  ],
  [
    "a run of results, then text",
    [hi, calls(call("a"), call("b")), tool("a", "1"), tool("b", "2"), hi],
    [HI, assistant(use("a"), use("b")), user(result("a", "1"), result("b", "2"), text("hi"))],
  ],
  [
    "text between call and result",
    [hi, calls(call("a")), hi, tool("a")],
    [HI, assistant(use("a")), user(result("a"), text("hi"))],
  ],
  [
    "results in another order",
    [hi, calls(call("a"), call("b")), tool("b", "2"), tool("a", "1")],
    [HI, assistant(use("a"), use("b")), user(result("a", "1"), result("b", "2"))],
  ],
  [
    "a missing result",
    [hi, calls(call("a"), call("b")), tool("b")],
    [HI, assistant(use("a"), use("b")), user(MISSING, result("b"))],
  ],
  ["no result at all, at the end", [hi, calls(call("a"))], [HI, assistant(use("a")), user(MISSING)]],
  [
    "no result at all, in the middle",
    [hi, calls(call("a")), hi],
    [HI, assistant(use("a")), user(MISSING, text("hi"))],
  ],
  [
    "a late result is moved",
    [hi, calls(call("a")), hi, { role: "assistant", content: "b" }, tool("a"), hi],
    [HI, assistant(use("a")), user(result("a"), text("hi")), assistant(text("b")), HI],
  ],
  [
    "a late result at the end",
    [hi, calls(call("a")), hi, { role: "assistant", content: "b" }, tool("a")],
    [HI, assistant(use("a")), user(result("a"), text("hi")), assistant(text("b")), user(text("."))],
  ],
  [
    "of two results the last",
    [hi, calls(call("a")), tool("a", "1"), tool("a", "2")],
    [HI, assistant(use("a")), user(result("a", "2"))],
  ],
  [
    "a result without a call becomes text",
    [hi, tool("x", "lost")],
    [user(text("hi"), text("Result of an earlier tool call:"), text("lost"))],
  ],
  ["a blank result without a call", [hi, tool("x", " ")], [HI]],
  [
    "the same id in two steps",
    [hi, calls(call("a")), tool("a", "1"), calls(call("a")), tool("a", "2")],
    [HI, assistant(use("a")), user(result("a", "1")), assistant(use("a_2")), user(result("a_2", "2"))],
  ],
  [
    "the same id twice in a step",
    [hi, calls(call("a"), call("a")), tool("a", "1"), tool("a", "2")],
    [HI, assistant(use("a"), use("a_2")), user(result("a", "1"), result("a_2", "2"))],
  ],
  [
    "ids that are not valid",
    [hi, calls(call("a.b"), call("a:b")), tool("a:b", "2"), tool("a.b", "1")],
    [HI, assistant(use("a_b"), use("a_b_2")), user(result("a_b", "1"), result("a_b_2", "2"))],
  ],
  [
    "no ids",
    [hi, { ...calls({ function: { name: "f" } }) }, { role: "tool", content: "ok" }],
    [HI, assistant(use("call")), user(result("call"))],
  ],
  [
    "an empty result",
    [hi, calls(call("a")), tool("a", "")],
    [HI, assistant(use("a")), user(result("a", ""))],
  ],
  [
    "a result of blank parts",
    [hi, calls(call("a")), tool("a", [text(" ")])],
    [HI, assistant(use("a")), user(result("a", ""))],
  ],
  [
    "a result without content",
    [hi, calls(call("a")), { role: "tool", tool_call_id: "a" }],
    [HI, assistant(use("a")), user(result("a", ""))],
  ],
  [
    "arguments: empty text",
    [hi, calls(call("a", "")), tool("a")],
    [HI, assistant(use("a")), user(result("a"))],
  ],
  [
    "arguments: cut off",
    [hi, calls(call("a", '{"x":')), tool("a")],
    [HI, assistant(use("a", "f", { arguments: '{"x":' })), user(result("a"))],
  ],
  [
    "arguments: no object",
    [hi, calls(call("a", "[1]")), tool("a")],
    [HI, assistant(use("a", "f", { arguments: [1] })), user(result("a"))],
  ],
  [
    "arguments: an object already",
    [hi, calls({ id: "a", function: { name: "f", arguments: { x: 1 } } }), tool("a")],
    [HI, assistant(use("a", "f", { x: 1 })), user(result("a"))],
  ],
  [
    "function_call and its result",
    [
      hi,
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
      { role: "function", name: "f", content: "ok" },
    ],
    [HI, assistant(use("function_call_f")), user(result("function_call_f"))],
  ],
])("%s", (_name, messages, expected) => {
  expect(translate(messages)["messages"]).toEqual(expected);
});

test("a result with an image", () => {
  const image = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgoAAAA" } };
  const { messages } = translate([hi, calls(call("a")), tool("a", [text("seen"), image])]) as {
    messages: object[];
  };
  const source = { type: "base64", media_type: "image/png", data: "iVBORw0KGgoAAAA" };
  expect(messages[2]).toEqual(user(result("a", [text("seen"), { type: "image", source }])));
});

test("system and developer messages before all others: a block for each text", () => {
  const { system, messages } = translate([
    { role: "system", content: "a" },
    { role: "developer", content: [text("b", EPHEMERAL), text(" "), text("c")] },
    { role: "system", content: "d", cache_control: { type: "ephemeral", ttl: "1h" } },
    hi,
  ]);
  expect(messages).toEqual([HI]);
  expect(system).toEqual([text("a"), text("b", EPHEMERAL), text("c"), text("d", EPHEMERAL)]);
});

describe("a later system or developer message stays at its place", () => {
  const row = (content: unknown, more: object = {}) => ({ role: "developer", content, ...more });
  const framed = (...blocks: object[]) => [text(FRAME_BEGIN), ...blocks, text(FRAME_END)];
  const said = { role: "assistant", content: "a" };

  test.each<[string, object[], object[]]>([
    [
      "between messages of the user",
      [hi, row([text("b"), text(" "), text("c")], { cache_control: EPHEMERAL }), hi],
      [user(text("hi"), ...framed(text("b"), text("c", EPHEMERAL)), text("hi"))],
    ],
    [
      "last",
      [hi, said, { role: "system", content: "b" }],
      [HI, assistant(text("a")), user(...framed(text("b")))],
    ],
    [
      "between a call and its result",
      [hi, calls(call("a")), row("b"), tool("a"), hi],
      [HI, assistant(use("a")), user(result("a"), ...framed(text("b")), text("hi"))],
    ],
    [
      "between two results",
      [hi, calls(call("a"), call("b")), tool("a"), row("c"), tool("b")],
      [HI, assistant(use("a"), use("b")), user(result("a"), result("b"), ...framed(text("c")))],
    ],
    [
      "behind results",
      [hi, calls(call("a")), tool("a"), row("b"), said, hi],
      [HI, assistant(use("a")), user(result("a"), ...framed(text("b"))), assistant(text("a")), HI],
    ],
    ["two of them", [hi, row("b"), row("c")], [user(text("hi"), ...framed(text("b")), ...framed(text("c")))]],
    ["blank", [hi, said, row(" "), said, hi], [HI, assistant(text("a"), text("a")), HI]],
    [
      "with the words of the frame inside",
      [hi, row(`${FRAME_END} b`)],
      [user(text("hi"), ...framed(text(`${FRAME_END} b`)))],
    ],
  ])("%s", (_where, messages, expected) => {
    expect(translate([{ role: "system", content: "s" }, ...messages])).toMatchObject({
      system: [text("s")],
      messages: expected,
    });
  });

  test("and leaves everything before it as it was, so that it stays cached", () => {
    const before = [{ role: "system", content: "s" }, hi, calls(call("a")), tool("a")];
    const shorter = translate([...before, row("b")]);
    const longer = translate([...before, row("b"), said, hi, row("c")]);
    const begin = (longer["messages"] as object[]).slice(0, 3);
    expect({ ...longer, messages: begin }).toEqual(shorter);
  });
});

const thinking = { type: "thinking", thinking: "hm", signature: "s1" };
test("earlier thinking is left out where no thinking is asked for", () => {
  const messages = [hi, { role: "assistant", content: "a", thinking_blocks: [thinking] }, hi];
  expect(translate(messages)["messages"]).toEqual([HI, assistant(text("a")), HI]);
  expect(translateChat({ messages }).plan.degradations).toEqual(["earlier_thinking=dropped"]);
});

test("a long text is passed on as it came", () => {
  const long = `${"Zeile\n".repeat(200)}ü`;
  const { request } = toMessages(readBody({ messages: [{ role: "user", content: long }] }), SONNET_4_5);
  const [block] = request.messages.flatMap(({ content }) => content as readonly ContentBlock[]);
  expect(block?.["text"]).toBeInstanceOf(RawText);
  expect(translate([{ role: "user", content: long }])["messages"]).toEqual([user(text(long))]);
});

test("long arguments are read, numbers of any length kept", () => {
  const id = "12345678901234567890123";
  const args = `{"id":${id},"text":"${"x".repeat(600)}"}`;
  const { request } = toMessages(readBody({ messages: [hi, calls(call("a", args)), tool("a")] }), SONNET_4_5);
  const [, block] = request.messages.flatMap(
    ({ content }) => content as readonly ContentBlock[],
  ) as unknown as {
    input: { id: { text: string } };
  }[];
  expect(block?.input.id.text).toBe(id);
});

describe("the assistant's turn is last", () => {
  const prefilled = [hi, { role: "assistant", content: "Sure: \n" }];

  it("an older model continues it, without white space at its end", () => {
    expect(translate(prefilled)["messages"]).toEqual([HI, assistant(text("Sure:"))]);
  });

  it.each(["claude-opus-4-6", "claude-sonnet-5-5", "claude-unheard-of"])("%s refuses", (model) => {
    expect(() => translate(prefilled, targetOf(model))).toThrow(
      expect.objectContaining({ name: "TranslationError", param: "messages.1" }),
    );
  });

  it("is refused where the answer must be JSON", () => {
    const fields = { messages: prefilled, response_format: { type: "json_object" } };
    expect(() => translateChat(fields)).toThrow(expect.objectContaining({ param: "messages.1" }));
  });

  it("thinking by a budget is left out", () => {
    const { request, plan } = translateChat({ messages: prefilled, reasoning_effort: "high" });
    expect(request).not.toHaveProperty("thinking");
    expect(plan.degradations).toEqual(["reasoning=off"]);
  });
});

const part = (value: object) => [{ role: "user", content: [value] }];
test.each<[string, object[]]>([
  ["messages.0", [1] as never],
  ["messages.0.role", [{ role: "narrator", content: "x" }]],
  ["messages.0.role", [{ content: "x" }]],
  ["messages.0.content", [{ role: "user" }]],
  ["messages.0.content", [{ role: "user", content: 5 }]],
  ["messages.0.content.0", [{ role: "user", content: ["x"] }]],
  ["messages.0.content.0", part({ type: "input_audio", input_audio: {} })],
  ["messages.0.content.0", part({ type: "video_url", video_url: {} })],
  ["messages.0.content.0", part({})],
  ["messages.0.content.0.text", part({ type: "text" })],
  ["messages.0.content.0.image_url", part({ type: "image_url" })],
  ["messages.0.content.0.image_url.url", part({ type: "image_url", image_url: {} })],
  ["messages.0.content.0.image_url.url", part({ type: "image_url", image_url: { url: "http://x/y.png" } })],
  ["messages.0.content.0.image_url", part({ type: "image_url", image_url: "ftp://x" })],
  ["messages.0.content.0.file.file_id", part({ type: "file", file: { file_id: "f" } })],
  ["messages.0.content.0.file.file_data", part({ type: "file", file: {} })],
  ["messages.0.content.0", [{ role: "system", content: [{ type: "image_url", image_url: { url: "x" } }] }]],
  ["messages.0.content.0", [{ role: "assistant", content: [{ type: "image_url" }] }]],
  ["messages.0.audio", [{ role: "assistant", audio: { id: "x" } }]],
  ["messages.0.tool_calls", [{ role: "assistant", tool_calls: "x" }]],
  ["messages.0.tool_calls.0", [{ role: "assistant", tool_calls: [1] }]],
  ["messages.0.tool_calls.0.type", [{ role: "assistant", tool_calls: [{ type: "custom", custom: {} }] }]],
  ["messages.0.tool_calls.0.function", [{ role: "assistant", tool_calls: [{}] }]],
  [
    "messages.0.tool_calls.0.function.name",
    [{ role: "assistant", tool_calls: [{ function: { name: "" } }] }],
  ],
  ["messages.0.function_call.name", [{ role: "assistant", function_call: {} }]],
  ["messages.0.name", [{ role: "function", content: "x" }]],
  ["messages", [{ role: "user", content: " " }]],
])("%s is refused: %j", (param, messages) => {
  expect(() => translate(messages)).toThrow(expect.objectContaining({ name: "TranslationError", param }));
});

describe("cache marks", () => {
  const marked = (value: object) => ({ ...value, cache_control: EPHEMERAL });

  it.each<[string, object[], object[]]>([
    ["of a message", [marked(hi)], [user(text("hi", EPHEMERAL))]],
    [
      "of a part",
      [{ role: "user", content: [text("a", EPHEMERAL), text("b")] }],
      [user(text("a", EPHEMERAL), text("b"))],
    ],
    [
      "of a blank part: goes to the one before",
      [{ role: "user", content: [text("a"), text("", EPHEMERAL)] }],
      [user(text("a", EPHEMERAL))],
    ],
    [
      "with a ttl",
      [{ ...hi, cache_control: { type: "ephemeral", ttl: "1h" } }],
      [user(text("hi", { type: "ephemeral", ttl: "1h" }))],
    ],
    ["of another kind", [{ ...hi, cache_control: { type: "forever" } }], [HI]],
    [
      "of a tool message",
      [hi, calls(call("a")), marked(tool("a"))],
      [HI, assistant(use("a")), user(marked(result("a")))],
    ],
    [
      "of a part of a tool message",
      [hi, calls(call("a")), tool("a", [text("x", EPHEMERAL)])],
      [HI, assistant(use("a")), user(marked(result("a", [text("x")])))],
    ],
    [
      "of a call",
      [hi, calls(marked(call("a"))), tool("a")],
      [HI, assistant(marked(use("a"))), user(result("a"))],
    ],
    [
      "of an assistant's message: goes to its last call",
      [hi, marked(calls(call("a"), call("b"))), tool("a"), tool("b")],
      [HI, assistant(use("a"), marked(use("b"))), user(result("a"), result("b"))],
    ],
  ])("%s", (_name, messages, expected) => {
    expect(translate(messages)["messages"]).toEqual(expected);
  });
});
