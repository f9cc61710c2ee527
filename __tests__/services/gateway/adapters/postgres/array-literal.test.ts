import { arrayLiteral, type Element } from "../../../../../services/gateway/adapters/postgres/array-literal";

test.each<[string, readonly Element[], string]>([
  ["nothing", [], "{}"],
  ["numbers and what is missing", [1, null, -20], "{1,NULL,-20}"],
  ["truth", [true, false], "{true,false}"],
  [
    "plain text",
    ["a", "claude-sonnet-4-5", "2026-01-01T00:00:00.000Z"],
    "{a,claude-sonnet-4-5,2026-01-01T00:00:00.000Z}",
  ],
  ["text that looks like nothing", ["", "null", "NULL"], '{"","null","NULL"}'],
  [
    "text with the syntax of arrays",
    ["a,b", "{c}", " d", 'e"f', "g\\h"],
    '{"a,b","{c}"," d","e\\"f","g\\\\h"}',
  ],
  ["other letters", ["Zoë", "日本", "a\nb"], '{Zoë,日本,"a\nb"}'],
])("%s", (_title, values, expected) => {
  expect(arrayLiteral(values, (value) => value)).toBe(expected);
});
