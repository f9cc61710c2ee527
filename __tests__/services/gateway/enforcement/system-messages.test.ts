import {
  demoteSystemMessages,
  requirePlainBlocks,
} from "../../../../services/gateway/enforcement/system-messages";
import { type JsonValue, RawText } from "../../../../services/gateway/json/json-value";
import type { MessageParam } from "../../../../services/gateway/wire/internal/request";
import { FRAME_BEGIN, FRAME_END } from "../../../../services/gateway/wire/shared/conversation";

describe("lower system rows", () => {
  const user = { role: "user", content: "Hi" };
  const assistant = { role: "assistant", content: [{ type: "text", text: "Hello" }] };
  const text = (value: string | RawText) => ({ type: "text", text: value });

  it("leaves a conversation without such rows as it is", () => {
    const messages = [user, assistant, user];
    const lowered = demoteSystemMessages(messages);
    expect(lowered.messages).toBe(messages);
    expect(lowered.instructions).toEqual([]);
  });

  const long = RawText.of("x".repeat(600));
  const marked = { ...text(long), cache_control: { type: "ephemeral" } };

  it("takes out those at the beginning, in their order", () => {
    expect(
      demoteSystemMessages([
        { role: "system", content: "One" },
        { role: "developer", content: [text("Two"), marked] },
        user,
        assistant,
      ]),
    ).toEqual({ messages: [user, assistant], instructions: [text("One"), text("Two"), marked] });
  });

  describe("a later one stays at its place as text of the user", () => {
    const row = { role: "system", content: "Two" };
    const framed = [text(FRAME_BEGIN), text("Two"), text(FRAME_END)];
    const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "ok" });
    const calls = { role: "assistant", content: [{ type: "tool_use", id: "a", name: "f", input: {} }] };

    it.each<[string, MessageParam[], MessageParam[]]>([
      [
        "behind the user",
        [user, row, assistant, user],
        [{ role: "user", content: [text("Hi"), ...framed] }, assistant, user],
      ],
      [
        "before the user",
        [user, assistant, row, user],
        [user, assistant, { role: "user", content: [...framed, text("Hi")] }],
      ],
      [
        "between turns of the assistant",
        [user, assistant, row, assistant, user],
        [user, assistant, { role: "user", content: framed }, assistant, user],
      ],
      [
        "between a call and its result: behind the result",
        [user, calls, row, { role: "user", content: [result("a"), text("More")] }],
        [user, calls, { role: "user", content: [result("a"), ...framed, text("More")] }],
      ],
      [
        "between results in several rows",
        [
          user,
          calls,
          { role: "user", content: [result("a")] },
          row,
          { role: "user", content: [text("b"), result("b")] },
        ],
        [user, calls, { role: "user", content: [result("a"), result("b"), ...framed, text("b")] }],
      ],
      [
        "with its marks and in several blocks",
        [user, { role: "developer", content: [text("One"), marked] }],
        [{ role: "user", content: [text("Hi"), text(FRAME_BEGIN), text("One"), marked, text(FRAME_END)] }],
      ],
      [
        "blank: nothing of it is left",
        [user, assistant, { role: "system", content: " " }],
        [user, assistant],
      ],
    ])("%s", (_where, messages, lowered) => {
      expect(demoteSystemMessages(messages)).toEqual({ messages: lowered, instructions: [] });
    });

    it("and other turns are the client's own objects", () => {
      const turns = [user, assistant, user, user, assistant];
      const { messages } = demoteSystemMessages([...turns, row]);
      expect(messages).toHaveLength(6);
      turns.forEach((turn, index) => {
        expect(messages[index]).toBe(turn);
      });
    });
  });

  it.each([
    ["other role", { role: "System", content: "x" }, "messages.1.role"],
    ["role of the future", { role: "operator", content: "x" }, "messages.1.role"],
    ["tool added", { role: "user", content: [{ type: "tool_addition", tools: [] }] }, "messages.1.content.0"],
    [
      "tool removed",
      { role: "user", content: [text("a"), { type: "tool_removal" }] },
      "messages.1.content.1",
    ],
    [
      "tool removed by a system row",
      { role: "system", content: [{ type: "tool_removal" }] },
      "messages.1.content.0",
    ],
    ["file with skills", { role: "user", content: [{ type: "container_upload" }] }, "messages.1.content.0"],
    [
      "inside a result",
      { role: "user", content: [{ type: "tool_result", content: [{ type: "tool_addition" }] }] },
      "messages.1.content.0.content.0",
    ],
    [
      "type that is no name",
      { role: "user", content: [{ type: RawText.of("x") as never }] },
      "messages.1.content.0.type",
    ],
    ["system row of another kind", { role: "system", content: 1 as never }, "messages.1.content"],
  ])("refuses: %s", (_name, row, param) => {
    expect(() => demoteSystemMessages([user, row])).toThrow(expect.objectContaining({ status: 400, param }));
  });
});

describe("require plain blocks", () => {
  const file = { type: "file", file_id: "file_1" };
  const addition = { type: "tool_addition", tool: {} };

  it.each<[string, JsonValue | undefined]>([
    ["text", "hi"],
    ["nothing", undefined],
    [
      "ordinary blocks",
      [
        { type: "text", text: "hi", source: "x" },
        { type: "image", source: { type: "base64", media_type: "image/png", data: "x" } },
        { type: "document", source: { type: "content", content: [{ type: "text", text: "x" }] } },
        {
          type: "tool_result",
          tool_use_id: "a",
          content: [{ type: "search_result", source: "x", content: [] }],
        },
        { type: "web_search_tool_result", content: { type: "web_search_tool_result_error" } },
        { type: "tool_use", input: { content: [addition], source: file } },
      ],
    ],
  ])("takes %s", (_name, content) => expect(() => requirePlainBlocks(content, ["c"])).not.toThrow());

  it.each<[string, JsonValue, string]>([
    ["a change of tools", [addition], "c.0"],
    [
      "a summary of what was said",
      [
        { type: "text", text: "x" },
        { type: "compaction", content: "x" },
      ],
      "c.1",
    ],
    ["one in a result", [{ type: "tool_result", content: [addition] }], "c.0.content.0"],
    ["one in a document", [{ type: "document", source: { content: [addition] } }], "c.0.source.content.0"],
    ["a file", [{ type: "document", source: file }], "c.0.source"],
    ["a file of another type", [{ type: "image", source: { type: "x", file_id: "f" } }], "c.0.source"],
    [
      "a file in a result",
      [{ type: "tool_result", content: [{ type: "image", source: file }] }],
      "c.0.content.0.source",
    ],
    ["a type that is no name", [{ type: ["text"] }], "c.0.type"],
  ])("refuses %s", (_name, content, param) =>
    expect(() => requirePlainBlocks(content, ["c"])).toThrow(
      expect.objectContaining({ status: 400, code: "enforcement_refused", param }),
    ),
  );
});
