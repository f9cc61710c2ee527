import { JsonText, unfence } from "../../../../../services/gateway/wire/shared/json-content";

describe("json content", () => {
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
});

describe("json text", () => {
  /** Pushes pieces. @returns what came out for each, and at the end */
  function give(pieces: readonly string[]): string[] {
    const text = new JsonText();
    return [...pieces.map((piece) => text.push(piece)), text.end()];
  }

  test.each<[string, readonly string[], readonly string[]]>([
    ["JSON flows", ['{\\"a\\"', ":1}"], ['{\\"a\\"', ":1}", ""]],
    ["white space waits for what follows", ["\\n", " ", "{", "}"], ["", "", "\\n {", "}", ""]],
    ["a fence is taken off", ["``", "`js", "on\\n{}", "\\n```"], ["", "", "", "", "{}"]],
    ["a fence that does not end stays", ["```json\\n{}"], ["", "```json\\n{}"]],
    ["less than a fence is text", ["`", "`x"], ["", "``x", ""]],
    ["nothing", [], [""]],
  ])("%s", (_name, pieces, expected) => {
    expect(give(pieces)).toEqual(expected);
  });

  test.each([
    '{"a":1}',
    '```json\n{"a":1}\n```',
    "```\n[]```\n",
    "```ts\nx\n```",
    "``` no",
    "text ```json\n{}\n```",
  ])("%j cut anywhere is the same as in one piece", (whole) => {
    for (let at = 0; at <= whole.length; at += 1) {
      const escaped = [whole.slice(0, at), whole.slice(at)].map((piece) =>
        JSON.stringify(piece).slice(1, -1),
      );
      expect(JSON.parse(`"${give(escaped).join("")}"`)).toBe(unfence(whole));
    }
  });
});
