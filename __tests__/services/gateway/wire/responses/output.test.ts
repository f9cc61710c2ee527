import { Output } from "../../../../../services/gateway/wire/responses/output";
import { EventWriter } from "../../../../../services/gateway/wire/responses/output-items";
import type { ResponsesAnswerPlan } from "../../../../../services/gateway/wire/responses/response-object";
import { PLAN } from "../../../../support/services/responses-events";

const open = (props: Partial<ResponsesAnswerPlan> = {}) =>
  new Output(new EventWriter(), "k", { ...PLAN, ...props });
const typesOf = (events: string) =>
  [...events.matchAll(/^event: response\.(\S+)$/gm)].map(([, type]) => type);
const itemsOf = (output: Output) => JSON.parse(output.toJson()) as Record<string, unknown>[];
const escaped = (value: string) => JSON.stringify(value).slice(1, -1);

it("makes one item of a block, which stays open until the next one begins", () => {
  const output = open();
  expect(typesOf(output.startBlock(0, { type: "text", text: "" }))).toEqual([]);
  expect(typesOf(output.push("text", 0, "Hel"))).toEqual([
    "output_item.added",
    "content_part.added",
    "output_text.delta",
  ]);
  expect(typesOf(output.push("text", 0, "lo"))).toEqual(["output_text.delta"]);
  expect(typesOf(output.startBlock(1, { type: "tool_use", id: "c", name: "f", input: {} }))).toEqual([
    "output_text.done",
    "content_part.done",
    "output_item.done",
    "output_item.added",
  ]);
  output.push("input", 1, escaped('{"a":1}'));
  output.end("incomplete");
  expect(itemsOf(output)).toMatchObject([
    { type: "message", id: "msg_k_0", status: "completed", content: [{ text: "Hello" }] },
    { type: "function_call", id: "fc_k_1", status: "incomplete", call_id: "c", arguments: '{"a":1}' },
  ]);
});

it("makes no item of a block without content, and none of blocks that a response cannot hold", () => {
  const output = open();
  output.startBlock(0, { type: "text", text: "" });
  output.startBlock(1, { type: "server_tool_use", name: "web_search" });
  expect(output.push("input", 1, "{}")).toBe("");
  output.end("completed");
  expect(output.toJson()).toBe("[]");
});

it("takes a block that is announced twice for one, and text that nobody announced for a block", () => {
  const output = open();
  output.startBlock(0, { type: "text", text: "a" });
  expect(output.startBlock(0, { type: "text", text: "a" })).toBe("");
  output.push("text", 1, "b");
  // A tool has no name then.
  expect(output.push("input", 2, "{}")).toBe("");
  // Of a block that is over.
  expect(output.push("text", 0, "late")).toBe("");
  output.end("completed");
  expect(itemsOf(output)).toMatchObject([{ content: [{ text: "a" }] }, { content: [{ text: "b" }] }]);
});

it("gives a call the input of its start when no other comes, and an id when it has none", () => {
  const output = open();
  output.startBlock(0, { type: "tool_use", name: "f", input: { a: 1 } });
  output.startBlock(1, { type: "tool_use", name: "g", input: { a: 1 } });
  output.push("input", 1, escaped('{"b":2}'));
  output.end("completed");
  expect(itemsOf(output)).toMatchObject([
    { name: "f", call_id: "call_k_0", arguments: '{"a":1}' },
    { name: "g", call_id: "call_k_1", arguments: '{"b":2}' },
  ]);
});

it("seals thinking with its signature for clients that want it back", () => {
  const output = open({ includesEncryptedReasoning: true, showsReasoning: true });
  output.startBlock(0, { type: "thinking", thinking: "", signature: "" });
  output.push("thinking", 0, "hm");
  expect(output.sign(1, "of another block")).toBe("");
  output.sign(0, "s");
  output.startBlock(1, { type: "redacted_thinking", data: "d" });
  output.end("completed");
  expect(itemsOf(output)).toMatchObject([
    { type: "reasoning", summary: [{ text: "hm" }], encrypted_content: expect.any(String) },
    { type: "reasoning", summary: [], encrypted_content: expect.any(String) },
  ]);
});

describe("an answer that is the input of a tool", () => {
  const start = (output: Output, index: number) =>
    output.startBlock(index, { type: "tool_use", name: "answer", input: {} });

  it("is text, once, and what was said beside it is dropped", () => {
    const output = open({ hiddenJsonTool: "answer" });
    expect(output.push("text", 0, "Here you are:")).toBe("");
    start(output, 1);
    output.push("input", 1, escaped('{"a":1}'));
    expect(start(output, 2)).toContain("output_text.done");
    expect(output.push("input", 2, "{}")).toBe("");
    output.end("completed");
    expect(itemsOf(output)).toMatchObject([{ type: "message", content: [{ text: '{"a":1}' }] }]);
  });

  it("is the text when the model wrote that instead, without a fence", () => {
    const output = open({ hiddenJsonTool: "answer" });
    output.push("text", 0, escaped('```json\n{"a":1}\n```'));
    output.end("completed");
    expect(itemsOf(output)).toMatchObject([{ type: "message", content: [{ text: '{"a":1}' }] }]);
  });
});

it("takes the fence off text that was asked to be JSON", () => {
  const output = open({ isJsonText: true });
  expect(output.push("text", 0, escaped('```json\n{"a"'))).toBe("");
  expect(output.push("text", 0, escaped(":1}\n```"))).toBe("");
  output.end("completed");
  expect(itemsOf(output)).toMatchObject([{ content: [{ text: '{"a":1}' }] }]);
});

it("ends what was said before a refusal as incomplete, and gives its reason", () => {
  const output = open();
  output.push("text", 0, "Well");
  output.refuse('No "way".');
  expect(itemsOf(output)).toMatchObject([
    { status: "incomplete", content: [{ type: "output_text", text: "Well" }] },
    { status: "completed", content: [{ type: "refusal", refusal: 'No "way".' }] },
  ]);
});
