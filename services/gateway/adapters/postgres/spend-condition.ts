import type { SpendFilter } from "../../ports/spend-reader";

/** A key by its id: the planner must see it. */
export type ResolvedFilter = Omit<SpendFilter, "keyHash">;

interface Condition {
  readonly sql: string;
  readonly values: unknown[];
}

/**
 * The WHERE of a query over requests that asked for a model; values are parameters from `$<firstParameter>` on.
 */
export function spendCondition(filter: ResolvedFilter, firstParameter: number): Condition {
  return conditionOver(filter, firstParameter, (moment, add) => ["started_at", add(moment)]);
}

/** The same over the sums of days (`spend-by-day.ts`). Only single rows have a `request_id`. */
export function daySpendCondition(filter: ResolvedFilter, firstParameter: number): Condition {
  return conditionOver(filter, firstParameter, (moment, add) => [
    "day",
    `${add(moment.toISOString().slice(0, 10))}::date`,
  ]);
}

/** @param at the column that tells time, and a moment as it is compared with */
function conditionOver(
  filter: ResolvedFilter,
  firstParameter: number,
  at: (moment: Date, add: (value: unknown) => string) => readonly [column: string, moment: string],
): Condition {
  const values: unknown[] = [];
  const add = (value: unknown) => `$${firstParameter + values.push(value) - 1}`;
  const parts = ["model_requested IS NOT NULL"];
  if (filter.keyId !== undefined) parts.push(`key_id = ${add(filter.keyId)}::uuid`);
  if (filter.userId !== undefined) parts.push(`user_id = ${add(filter.userId)}`);
  if (filter.requestId !== undefined) parts.push(`request_id = ${add(filter.requestId)}::uuid`);
  if (filter.period !== undefined) {
    parts.push(at(filter.period.from, add).join(" >= "), at(filter.period.to, add).join(" < "));
  }
  return { sql: parts.join(" AND "), values };
}
