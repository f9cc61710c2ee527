import { lowerSystemRows } from "../../../../services/gateway/enforcement/lower-system-rows";
import { RawText } from "../../../../services/gateway/json/json-value";

const user = { role: "user", content: "Hi" };
const assistant = { role: "assistant", content: [{ type: "text", text: "Hello" }] };
const text = (value: string | RawText) => ({ type: "text", text: value });

it("leaves a conversation without such rows as it is", () => {
  const messages = [user, assistant, user];
  const lowered = lowerSystemRows(messages);
  expect(lowered.messages).toBe(messages);
  expect(lowered.instructions).toEqual([]);
});

it("takes them out wherever they stand, in their order", () => {
  const long = RawText.of("x".repeat(600));
  expect(
    lowerSystemRows([
      { role: "system", content: "One" },
      user,
      { role: "developer", content: [text("Two"), { ...text(long), cache_control: { type: "ephemeral" } }] },
      assistant,
      { role: "system", content: long },
    ]),
  ).toEqual({
    messages: [user, assistant],
    instructions: [
      text("One"),
      text("Two"),
      { ...text(long), cache_control: { type: "ephemeral" } },
      text(long),
    ],
  });
});

it.each([
  ["other role", { role: "System", content: "x" }, "messages.1.role"],
  ["role of the future", { role: "operator", content: "x" }, "messages.1.role"],
  ["tool added", { role: "user", content: [{ type: "tool_addition", tools: [] }] }, "messages.1.content.0"],
  ["tool removed", { role: "user", content: [text("a"), { type: "tool_removal" }] }, "messages.1.content.1"],
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
  expect(() => lowerSystemRows([user, row])).toThrow(expect.objectContaining({ status: 400, param }));
});
