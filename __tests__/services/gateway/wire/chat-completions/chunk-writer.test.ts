import {
  ChunkWriter,
  ToolCallStream,
} from "../../../../../services/gateway/wire/chat-completions/chunk-writer";

const IDENTITY = { id: "chatcmpl-1", created: 1_790_000_000, model: "claude" };
const ENVELOPE = { ...IDENTITY, object: "chat.completion.chunk" };
const PLAN = {
  includeUsage: false,
  renamedTools: new Map([["sent", "müller"]]),
  hiddenJsonTool: "answer",
  isJsonText: false,
  isLegacyFunctionCall: false,
  degradations: [],
};

/** Events as a client reads them: from bytes of UTF-8. */
function read(events: string): Record<string, unknown>[] {
  return Buffer.from(events, "latin1")
    .toString("utf8")
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => JSON.parse(event.replace(/^data: /, "")) as Record<string, unknown>);
}
const deltasOf = (events: string) =>
  read(events).map(({ choices }) => (choices as { delta: unknown }[])[0]?.delta);

describe("chunks", () => {
  const plain = new ChunkWriter(IDENTITY, false);

  it("begin with a role, and have the same envelope", () => {
    const chunk = { ...ENVELOPE, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: null }] };
    const [first] = read(plain.role());
    expect(first).toEqual({
      ...chunk,
      choices: [{ ...chunk.choices[0], delta: { role: "assistant", content: "" } }],
    });
  });

  it("hold pieces of text as they were escaped", () => {
    const escaped = Buffer.from(String.raw`a\n\"ü`).toString("latin1");
    expect(deltasOf(plain.content.around(escaped))).toEqual([{ content: 'a\n"ü' }]);
    expect(deltasOf(plain.reasoning.around(escaped))).toEqual([{ reasoning_content: 'a\n"ü' }]);
    expect(deltasOf(plain.functionArguments.around("{}"))).toEqual([{ function_call: { arguments: "{}" } }]);
    expect(deltasOf(plain.toolArguments(2).around("{}"))).toEqual([
      { tool_calls: [{ index: 2, function: { arguments: "{}" } }] },
    ]);
  });

  it("have usage as null before the last one, for clients that ask for usage alone", () => {
    const asked = new ChunkWriter(IDENTITY, true);
    for (const chunk of [asked.role(), asked.content.around("x"), asked.finish("stop", null)])
      expect(read(chunk)[0]).toHaveProperty("usage", null);
    for (const chunk of [plain.role(), plain.finish("stop", null)])
      expect(read(chunk)[0]).not.toHaveProperty("usage");
    const usage = { total_tokens: 3 } as Parameters<ChunkWriter["usage"]>[0];
    expect(read(asked.usage(usage))).toEqual([{ ...ENVELOPE, choices: [], usage }]);
  });

  it("end with a reason, and with the refusal where there is one", () => {
    const end = (refusal: string | null) =>
      (read(plain.finish(refusal === null ? "stop" : "content_filter", refusal))[0] as { choices: unknown[] })
        .choices;
    expect(end(null)).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }]);
    expect(end("No.")).toMatchObject([{ delta: { refusal: "No." }, finish_reason: "content_filter" }]);
  });
});

describe("tool calls of a stream", () => {
  const open = (props: object = {}) =>
    new ToolCallStream(new ChunkWriter(IDENTITY, false), { ...PLAN, ...props });

  it("are counted from 0, whatever the index of their block, and have the client's name", () => {
    const calls = open();
    expect(deltasOf(calls.start(3, { name: "sent", id: "toolu_1" }))).toEqual([
      {
        tool_calls: [
          { index: 0, id: "toolu_1", type: "function", function: { name: "müller", arguments: "" } },
        ],
      },
    ]);
    expect(deltasOf(calls.start(7, { name: "other" }))).toMatchObject([
      { tool_calls: [{ index: 1, id: expect.stringMatching(/./), function: { name: "other" } }] },
    ]);
    expect(deltasOf(calls.addInput(7, "{"))).toMatchObject([
      { tool_calls: [{ index: 1, function: { arguments: "{" } }] },
    ]);
    expect(calls.start(3, { name: "again" })).toBe("");
    expect(calls.called).toEqual({ visible: 2, hidden: false });
  });

  it("give out the input of the start when no other comes, {} where there is none", () => {
    const calls = open();
    calls.start(0, { name: "a", input: { x: "ü" } });
    calls.start(1, { name: "b" });
    calls.start(2, { name: "c", input: { x: 1 } });
    calls.addInput(2, "{}");
    const argumentsOf = (events: string) =>
      deltasOf(events).map(
        (delta) =>
          (delta as { tool_calls: { function: { arguments: string } }[] }).tool_calls[0]?.function.arguments,
      );
    expect(argumentsOf(calls.stop(0))).toEqual(['{"x":"ü"}']);
    expect(calls.stop(0)).toBe("");
    expect(argumentsOf(calls.stopAll())).toEqual(["{}"]);
    expect(calls.addInput(9, "{}")).toBe("");
  });

  it("of the tool whose input is the answer are content, and only once", () => {
    const calls = open();
    expect(calls.start(0, { name: "answer" })).toBe("");
    expect(deltasOf(calls.addInput(0, String.raw`{\"a\":1}`))).toEqual([{ content: '{"a":1}' }]);
    expect(calls.start(1, { name: "answer" }) + calls.addInput(1, "{}") + calls.stopAll()).toBe("");
    expect(calls.called).toEqual({ visible: 0, hidden: true });
  });

  it("of OpenAI's older form are one at most", () => {
    const calls = open({ isLegacyFunctionCall: true });
    expect(deltasOf(calls.start(0, { name: "sent" }))).toEqual([
      { function_call: { name: "müller", arguments: "" } },
    ]);
    expect(calls.start(1, { name: "b" }) + calls.addInput(1, "{}")).toBe("");
    expect(deltasOf(calls.stop(0))).toEqual([{ function_call: { arguments: "{}" } }]);
    expect(calls.called).toEqual({ visible: 1, hidden: false });
  });
});
