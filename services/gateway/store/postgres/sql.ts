import type { Authorship, Limits } from "../key-store";

/** A value of an array parameter. Money and counts are whole numbers. */
export type Element = string | number | boolean | null;

/** What could be mistaken for the syntax of an array, or for its NULL. */
const NEEDS_QUOTES = /[\s"\\{},]|^null$|^$/i;

/**
 * The values as the text of a Postgres array of one dimension. The driver's own conversion looks at every value
 * several times; with thirty columns that is what a commit would spend most of its time on.
 * Source: Postgres documentation, "Array Input and Output Syntax".
 */
export function arrayLiteral<Item>(items: readonly Item[], read: (item: Item) => Element): string {
  let text = "{";
  for (const [index, item] of items.entries()) {
    if (index > 0) text += ",";
    const value = read(item);
    if (value === null) text += "NULL";
    else if (typeof value === "string") text += quote(value);
    else text += value;
  }
  return `${text}}`;
}

function quote(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}

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

/** Who made and changed a row, as the driver returns it. */
export interface AuthorshipRow {
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly created_by: string;
  readonly updated_by: string;
}

/** Database row → who made and changed it. */
export function toAuthorship(row: AuthorshipRow): Authorship {
  return {
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by,
    updatedBy: row.updated_by,
  };
}

/** The limits in a row, as the driver returns them: bigint columns are strings. */
export interface LimitsRow {
  readonly max_budget_nano_usd: string | null;
  readonly budget_duration: string | null;
  readonly rpm_limit: string | null;
  readonly tpm_limit: string | null;
  readonly max_parallel_requests: string | null;
}

/** Where limits stand in a row. */
export const LIMIT_COLUMNS: Columns<Limits> = {
  maxBudgetNanoUsd: "max_budget_nano_usd",
  budgetDuration: "budget_duration",
  rpmLimit: "rpm_limit",
  tpmLimit: "tpm_limit",
  maxParallelRequests: "max_parallel_requests",
};

/** Database row → its limits. */
export function toLimits(row: LimitsRow): Limits {
  return {
    maxBudgetNanoUsd: toNumber(row.max_budget_nano_usd),
    budgetDuration: row.budget_duration,
    rpmLimit: toNumber(row.rpm_limit),
    tpmLimit: toNumber(row.tpm_limit),
    maxParallelRequests: toNumber(row.max_parallel_requests),
  };
}

/** Exact: what is stored was a safe integer when it was written. */
export function toNumber(text: string | null): number | null {
  return text === null ? null : Number(text);
}
