import { SONNET_4_5, targetOf, translateChat } from "../../../../support/services/translate-chat";

const EPHEMERAL = { type: "ephemeral" };
const text = (words: string) => ({ type: "text", text: words });
const user = (...content: object[]) => ({ role: "user", content });
const assistant = (...content: object[]) => ({ role: "assistant", content });
const use = { type: "tool_use", id: "a", name: "f", input: {} };
const result = { type: "tool_result", tool_use_id: "a", content: "ok" };
const call = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
const tool = { role: "tool", tool_call_id: "a", content: "ok" };
const hi = { role: "user", content: "hi" };
const HI = user(text("hi"));
const translate = (messages: object[], target = SONNET_4_5) => translateChat({ messages }, target).request;

const thinking = { type: "thinking", thinking: "hm", signature: "s1" };
const redacted = { type: "redacted_thinking", data: "xyz" };

test.each<[string, object, object[]]>([
  ["thinking_blocks", { thinking_blocks: [thinking, redacted] }, [thinking, redacted]],
  [
    "reasoning_details",
    {
      reasoning_details: [
        { type: "reasoning.text", text: "hm", signature: "s1", format: "anthropic-claude-v1" },
        { type: "reasoning.encrypted", data: "xyz" },
      ],
    },
    [thinking, redacted],
  ],
  [
    "a block without a signature",
    { thinking_blocks: [thinking, { type: "thinking", thinking: "more" }] },
    [],
  ],
  [
    "another model's reasoning_details",
    { reasoning_details: [{ type: "reasoning.encrypted", data: "x", format: "openai-responses-v1" }] },
    [],
  ],
  ["a summary", { reasoning_details: [{ type: "reasoning.summary", summary: "x" }] }, []],
])("%s of an earlier turn", (_name, fields, kept) => {
  const messages = [hi, { role: "assistant", content: "a", ...fields }, hi];
  const turn = (translate(messages, targetOf("claude-sonnet-5"))["messages"] as object[])[1];
  expect(turn).toEqual(assistant(...kept, text("a")));
});

describe("thinking among the parts, as openai-agents up to 0.14 sends it", () => {
  const sonnet = targetOf("claude-sonnet-5");
  const turn = (message: object) => {
    const { request, droppedParams } = translateChat({ messages: [hi, message, hi] }, sonnet);
    return { turn: (request["messages"] as object[])[1], droppedParams };
  };

  it("before a call", () => {
    const messages = [hi, { role: "assistant", content: [thinking], tool_calls: [call] }, tool];
    expect(translate(messages, sonnet)["messages"]).toEqual([HI, assistant(thinking, use), user(result)]);
  });

  it("signed and redacted ones stay at their place", () => {
    const content = [thinking, text("a"), redacted, text("b")];
    expect(turn({ role: "assistant", content })).toEqual({ turn: assistant(...content), droppedParams: [] });
  });

  it("one without a signature is left out, and that is told", () => {
    const content = [{ type: "thinking", thinking: "more" }, thinking, text("a")];
    expect(turn({ role: "assistant", content })).toEqual({
      turn: assistant(thinking, text("a")),
      droppedParams: ["messages.content.thinking"],
    });
  });

  it("beside `thinking_blocks` it is sent once", () => {
    const content = [thinking, text("a")];
    const message = { role: "assistant", content, thinking_blocks: [thinking], reasoning_content: "hm" };
    expect(turn(message)).toEqual({ turn: assistant(...content), droppedParams: [] });
  });

  it("has no cache mark, which the provider would refuse", () => {
    const content = [{ ...thinking, cache_control: EPHEMERAL }, text("a")];
    expect(turn({ role: "assistant", content }).turn).toEqual(assistant(thinking, text("a")));
  });

  it("is no part of a user's message", () => {
    expect(() => translate([{ role: "user", content: [thinking] }])).toThrow(
      "parts of type text, image_url and file can be sent here",
    );
  });
});

test.each<[string, object, string[]]>([
  ["reasoning_content", { reasoning_content: "hm" }, ["messages.reasoning_content"]],
  ["reasoning", { reasoning: "hm" }, ["messages.reasoning"]],
  ["reasoning_content beside what it says", { reasoning_content: "hm", thinking_blocks: [thinking] }, []],
  [
    "thinking_blocks without a signature",
    { thinking_blocks: [{ type: "thinking", thinking: "hm" }] },
    ["messages.thinking_blocks"],
  ],
  [
    "reasoning_details of another model",
    { reasoning_details: [{ type: "reasoning.encrypted", data: "x", format: "openai-responses-v1" }] },
    ["messages.reasoning_details"],
  ],
  ["a name", { name: "bob" }, ["messages.name"]],
  [
    "what answers have and requests need not",
    { id: "x", annotations: [], provider_specific_fields: { a: 1 } },
    [],
  ],
])("left out of an assistant's message, and told: %s", (_name, fields, told) => {
  const messages = [hi, { role: "assistant", content: "a", ...fields }, hi];
  expect(translateChat({ messages }, targetOf("claude-sonnet-5")).droppedParams).toEqual(told);
});

describe("files", () => {
  const pdf = Buffer.from("%PDF-1.7").toString("base64");
  const document = { type: "document", source: { type: "base64", media_type: "application/pdf", data: pdf } };
  const address = { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } };
  const uri = `data:application/pdf;base64,${pdf}`;
  const blocks = (part: object) => translate([{ role: "user", content: [part] }])["messages"];

  it.each<[string, object, object]>([
    ["a PDF in image_url", { type: "image_url", image_url: { url: uri } }, document],
    ["a PDF as the address alone", { type: "image_url", image_url: uri }, document],
    ["a PDF in file_id, as LiteLLM takes it", { type: "file", file: { file_id: uri } }, document],
    ["an address in file_id", { type: "file", file: { file_id: "https://example.com/a.pdf" } }, address],
    [
      "a PDF with OpenAI's mark",
      { type: "file", file: { file_data: uri }, prompt_cache_breakpoint: { mode: "explicit" } },
      { ...document, cache_control: EPHEMERAL },
    ],
  ])("%s", (_name, part, block) => {
    expect(blocks(part)).toEqual([user(block)]);
  });

  it("an id of OpenAI's is refused with what to send", () => {
    expect(() => blocks({ type: "file", file: { file_id: "file-1" } })).toThrow("send the file itself");
  });

  it.each([
    ["auto", []],
    ["high", ["messages.content.image_url.detail"]],
  ])("detail %s of an image is told as %j", (detail, told) => {
    const image = { type: "image_url", image_url: { url: "https://example.com/a.png", detail } };
    const { droppedParams } = translateChat({ messages: [{ role: "user", content: [image] }] });
    expect(droppedParams).toEqual(told);
  });
});
