import {
  arrayLiteral,
  type Columns,
  type Element,
  setClause,
} from "../../../../../services/gateway/store/postgres/sql";

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

describe("set clause", () => {
  const COLUMNS: Columns<{ a?: string | null; b?: number; c?: string[] }> = {
    a: "col_a",
    b: "col_b",
    c: "col_c",
  };

  test.each([
    [{}, "", []],
    [{ a: undefined }, "", []],
    [{ a: null, b: 0 }, "col_a = $3, col_b = $4", [null, 0]],
    [{ c: ["x"], b: 1 }, "col_b = $3, col_c = $4", [1, ["x"]]],
  ])("%j", (changes, assignments, values) => {
    expect(setClause(COLUMNS, changes, 3)).toEqual({ assignments, values });
  });

  test("a field that has no column never becomes SQL", () => {
    const changes = { a: "x", "b = 1; --": "y" } as { a: string };
    expect(setClause(COLUMNS, changes, 1)).toEqual({ assignments: "col_a = $1", values: ["x"] });
  });
});
