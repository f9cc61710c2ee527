import { type Columns, setClause } from "../../../../../services/gateway/adapters/postgres/set-clause";

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
