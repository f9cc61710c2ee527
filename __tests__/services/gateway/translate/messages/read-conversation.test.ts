import { type JsonValue, RawText } from "../../../../../services/gateway/json/json-value";
import {
  readConversation,
  readSystem,
} from "../../../../../services/gateway/translate/messages/read-conversation";

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
    [undefined, "messages", "messages must be a list, not missing"],
    ["Hi", "messages", "messages must be a list, not text"],
    [[], "messages", "messages must have at least one message"],
    [["Hi"], "messages.0", "messages.0 must be an object, not text"],
    [[{ content: "Hi" }], "messages.0.role", "messages.0.role must be the name of a role, not missing"],
    [
      [{ role: long, content: "Hi" }],
      "messages.0.role",
      "messages.0.role must be the name of a role, not text",
    ],
    [
      [{ role: "user" }],
      "messages.0.content",
      "messages.0.content must be text or a list of content blocks, not missing",
    ],
    [
      [{ role: "user", content: { type: "text" } }],
      "messages.0.content",
      "messages.0.content must be text or a list of content blocks, not object",
    ],
    [
      [{ role: "user", content: ["Hi"] }],
      "messages.0.content.0",
      "messages.0.content.0 must be a content block, not text",
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
    expect(() => readSystem(1)).toThrow("system must be text or a list of content blocks, not number");
    expect(() => readSystem([null])).toThrow("system.0 must be a content block, not null");
  });
});
