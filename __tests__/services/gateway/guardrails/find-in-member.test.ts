import { mask } from "../../../../services/gateway/guardrails/mask";
import { DEFAULT_PATTERNS } from "../../../../services/gateway/guardrails/patterns";
import { screen } from "../../../../services/gateway/guardrails/screen";
import type { MessagesRequest } from "../../../../services/gateway/messages/request";
import { readBody, readSent, translateChat } from "../../../support/services/translate-chat";

const SECRET = "q7Xz9KpLm2Vt4Rw8Yb6Nc3Hd5Jf1Gs0T";
const MASKED = "[secret-assignment]";

function requestWith(input: unknown): MessagesRequest {
  const use = { type: "tool_use", id: "a", name: "write", input };
  return readBody({ model: "m", max_tokens: 1, messages: [{ role: "assistant", content: [use] }] }) as never;
}

function inputOf(request: MessagesRequest): unknown {
  const { messages } = readSent(request as never) as { messages: { content: { input: unknown }[] }[] };
  return messages[0]?.content[0]?.input;
}

describe("the input of a tool", () => {
  it.each<[string, unknown, unknown]>([
    ["a value by the name of its member", { password: SECRET }, { password: MASKED }],
    ["a value in a list", { api_key: [SECRET], n: 1 }, { api_key: [MASKED], n: 1 }],
    ["a value deep inside", { env: { clientSecret: SECRET } }, { env: { clientSecret: MASKED } }],
    ["a name of a person's data", { ssn: "219-09-9999" }, { ssn: "[us-ssn]" }],
    ["a telephone number", { phone_number: "415-555-2671" }, { phone_number: "[phone-number]" }],
    ["a text that goes on", { token: `export A_TOKEN=${SECRET}` }, { token: `export A_TOKEN=${MASKED}` }],
    ["a card that is a number", { card: 4111111111111111 }, { card: "[credit-card]" }],
    ["numbers in a list", { cards: [4111111111111111, 5] }, { cards: ["[credit-card]", 5] }],
  ])("%s is masked", (_name, input, masked) => {
    const request = requestWith(input);
    expect(inputOf(mask(request, DEFAULT_PATTERNS).request)).toEqual(masked);
    expect(screen(request, DEFAULT_PATTERNS)).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ["a name that says nothing", { checksum: SECRET }],
    ["a member named so elsewhere", { password: { checksum: SECRET } }],
    ["ordinary words", { password: "correct horse battery staple" }],
    ["a number without a check digit", { id: 4111111111111112 }],
    ["a time", { at: 1700000000000000 }],
    ["a number below zero", { at: -4111111111111111 }],
    ["other values", { password: null, token: true, key: 7, secret: {} }],
  ])("%s stays", (_name, input) => {
    const request = requestWith(input);
    expect(mask(request, DEFAULT_PATTERNS).request).toBe(request);
    expect(screen(request, DEFAULT_PATTERNS)).toEqual([]);
  });

  it("is looked at in the arguments of a chat, too", () => {
    const call = { name: "pay", arguments: JSON.stringify({ card: 4111111111111111, password: SECRET }) };
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: null, tool_calls: [{ id: "a", type: "function", function: call }] },
      { role: "tool", tool_call_id: "a", content: "ok" },
    ];
    const { request } = translateChat({ messages });
    const masked = mask(readBody(request) as never, DEFAULT_PATTERNS);
    expect(masked.findings.map(({ patternId, path }) => [patternId, path])).toEqual([
      ["credit-card", "messages.1.content.0.input.card"],
      ["secret-assignment", "messages.1.content.0.input.password"],
    ]);
  });
});

it("names count in inputs of tools only", () => {
  const request = readBody({
    model: "m",
    max_tokens: 1,
    metadata: { password: SECRET },
    tools: [
      {
        name: "f",
        input_schema: { properties: { password: { default: SECRET, maximum: 4111111111111111 } } },
      },
    ],
    messages: [{ role: "user", content: [{ type: "text", text: "hi", password: SECRET }] }],
  });
  expect(screen(request as never, DEFAULT_PATTERNS)).toEqual([]);
});
