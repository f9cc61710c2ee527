import { translateMessages } from "../../../../../services/gateway/translate/openai-to-anthropic/messages";
import type { ChatMessageParam } from "../../../../../services/gateway/translate/openai-to-anthropic/openai-types";

const text = (value: string) => ({ type: "text", text: value });
const user = (...texts: string[]) => ({ role: "user", content: texts.map(text) });
const assistant = (...texts: string[]) => ({ role: "assistant", content: texts.map(text) });

test.each<[string, ChatMessageParam[], object[], object[]]>([
  ["text", [{ role: "user", content: "a" }], [], [user("a")]],
  ["parts", [{ role: "user", content: [text("a"), text("b")] }], [], [user("a", "b")]],
  [
    "system and developer, wherever they stand",
    [
      { role: "system", content: "s1" },
      { role: "user", content: "a" },
      { role: "developer", content: [text("s2"), text("s3")] },
      { role: "assistant", content: "b" },
    ],
    [text("s1"), text("s2"), text("s3")],
    [user("a"), assistant("b")],
  ],
  [
    "neighbours of the same role, also around a system message",
    [
      { role: "user", content: "a" },
      { role: "system", content: "s" },
      { role: "user", content: "b" },
    ],
    [text("s")],
    [user("a", "b")],
  ],
  ["blank text", [{ role: "user", content: [text(" \n"), text("a"), text("")] }], [], [user("a")]],
  [
    "a turn of nothing",
    [
      { role: "user", content: "a" },
      { role: "assistant", content: null },
      { role: "user", content: "b" },
    ],
    [],
    [user("a", "b")],
  ],
  ["an assistant who begins", [{ role: "assistant", content: "b" }], [], [user("."), assistant("b")]],
  ["system text only", [{ role: "system", content: "s" }], [text("s")], [user(".")]],
  [
    "a refusal, a name, and fields that are empty",
    [
      { role: "user", name: "ada", content: "a" },
      { role: "assistant", content: [{ type: "refusal", refusal: "no" }], tool_calls: [], audio: null },
    ],
    [],
    [user("a"), assistant("no")],
  ],
  [
    "reasoning that clients send back",
    [
      { role: "user", content: "a" },
      { role: "assistant", content: "b", reasoning_content: "hm" },
    ],
    [],
    [user("a"), assistant("b")],
  ],
])("%s", (_name, input, system, messages) => {
  expect(translateMessages(input)).toEqual({ system, messages });
});

test.each<[string, ChatMessageParam[]]>([
  ["messages", [{ role: "user", content: " " }]],
  ["messages.0.role", [{ role: "tool", content: "x", tool_call_id: "1" }]],
  ["messages.0.role", [{ role: "wizard", content: "x" }]],
  ["messages.0.content", [{ role: "user" }]],
  ["messages.0.content", [{ role: "user", content: 5 }]],
  ["messages.0.content.0", [{ role: "user", content: ["x"] }]],
  ["messages.0.content.0", [{ role: "user", content: [{ type: "text" }] }]],
  [
    "messages.0.content.1",
    [{ role: "user", content: [text("a"), { type: "image_url", image_url: { url: "x" } }] }],
  ],
  ["messages.0.content.0", [{ role: "user", content: [{ type: "input_audio" }] }]],
  [
    "messages.1.tool_calls",
    [
      { role: "user", content: "a" },
      { role: "assistant", content: "", tool_calls: [{}] },
    ],
  ],
  ["messages.0.function_call", [{ role: "assistant", content: "", function_call: {} }]],
])("%s is refused by its path", (param, input) => {
  expect(() => translateMessages(input)).toThrow(
    expect.objectContaining({ name: "TranslationError", param }),
  );
});
