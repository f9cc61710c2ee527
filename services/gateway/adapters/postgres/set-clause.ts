/** Field of the port → column of the table. */
export type Columns<Changes> = { readonly [Field in keyof Changes]-?: string };

/**
 * The `SET` list of an UPDATE for the fields that are given; `undefined` leaves a column as it is. Column names
 * come from `columns` alone, values are parameters from `$<firstParameter>` on.
 */
export function setClause<Changes extends object>(
  columns: Columns<Changes>,
  changes: Changes,
  firstParameter: number,
): { readonly assignments: string; readonly values: unknown[] } {
  const given = (Object.keys(columns) as (keyof Changes)[]).filter((field) => changes[field] !== undefined);
  return {
    assignments: given.map((field, index) => `${columns[field]} = $${firstParameter + index}`).join(", "),
    values: given.map((field) => changes[field]),
  };
}
