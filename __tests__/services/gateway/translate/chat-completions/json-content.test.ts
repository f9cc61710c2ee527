import { unfence } from "../../../../../services/gateway/translate/chat-completions/json-content";

test.each([
  ['```json\n{"a":1}\n```', '{"a":1}'],
  ['```\n{"a":1}\n```', '{"a":1}'],
  ['\n```json \n{\n"a":1}```\n', '{\n"a":1}'],
  ["```json\n```", ""],
  ['{"a":1}', '{"a":1}'],
  ["```ts\nconst a = 1;\n```", "```ts\nconst a = 1;\n```"],
  ['Here: ```json\n{"a":1}\n```', 'Here: ```json\n{"a":1}\n```'],
  ['```json\n{"a":1}\n``` and more', '```json\n{"a":1}\n``` and more'],
])("%j is %j", (text, expected) => {
  expect(unfence(text)).toBe(expected);
});

test("a long text that is no fence takes no time", () => {
  const text = `\`\`\`json\n${"\n".repeat(100_000)}x`;
  expect(unfence(text)).toBe(text);
});
