import type { SpendFilter } from "../../ports/spend-reader";

interface Condition {
  readonly sql: string;
  readonly values: unknown[];
}

/**
 * The WHERE of a query over requests that asked for a model; values are parameters from `$<firstParameter>` on.
 * A key's hash is turned into its id, because a rotation changes the hash and not the id.
 */
export function spendCondition(filter: SpendFilter, firstParameter: number): Condition {
  return conditionOver(filter, firstParameter, (moment, add) => ["started_at", add(moment)]);
}

/** The same over the sums of days (`spend-by-day.ts`). Only single rows have a `request_id`. */
export function daySpendCondition(filter: SpendFilter, firstParameter: number): Condition {
  return conditionOver(filter, firstParameter, (moment, add) => [
    "day",
    `${add(moment.toISOString().slice(0, 10))}::date`,
  ]);
}

/** @param at the column that tells time, and a moment as it is compared with */
function conditionOver(
  filter: SpendFilter,
  firstParameter: number,
  at: (moment: Date, add: (value: unknown) => string) => readonly [column: string, moment: string],
): Condition {
  const values: unknown[] = [];
  const add = (value: unknown) => `$${firstParameter + values.push(value) - 1}`;
  const parts = ["model_requested IS NOT NULL"];
  if (filter.keyId !== undefined) parts.push(`key_id = ${add(filter.keyId)}::uuid`);
  if (filter.keyHash !== undefined) {
    const hash = add(filter.keyHash);
    // An array, so that it is looked up first and then found by the index.
    parts.push(`key_id = ANY (ARRAY(SELECT key_id FROM virtual_keys WHERE token_hash = ${hash}
                           UNION SELECT key_id FROM retired_key_hashes WHERE token_hash = ${hash}))`);
  }
  if (filter.userId !== undefined) parts.push(`user_id = ${add(filter.userId)}`);
  if (filter.requestId !== undefined) parts.push(`request_id = ${add(filter.requestId)}::uuid`);
  if (filter.period !== undefined) {
    parts.push(at(filter.period.from, add).join(" >= "), at(filter.period.to, add).join(" < "));
  }
  return { sql: parts.join(" AND "), values };
}
