import type { SpendFilter } from "../../ports/spend-reader";

/**
 * The WHERE of a query over requests that asked for a model; values are parameters from `$<firstParameter>` on.
 * A key's hash is turned into its id, because a rotation changes the hash and not the id.
 */
export function spendCondition(
  filter: SpendFilter,
  firstParameter: number,
): { readonly sql: string; readonly values: unknown[] } {
  const values: unknown[] = [];
  const add = (value: unknown) => `$${firstParameter + values.push(value) - 1}`;
  const parts = ["model_requested IS NOT NULL"];
  if (filter.keyId !== undefined) parts.push(`key_id = ${add(filter.keyId)}::uuid`);
  if (filter.keyHash !== undefined) {
    const hash = add(filter.keyHash);
    parts.push(`key_id IN (SELECT key_id FROM virtual_keys WHERE token_hash = ${hash}
                           UNION SELECT key_id FROM retired_key_hashes WHERE token_hash = ${hash})`);
  }
  if (filter.userId !== undefined) parts.push(`user_id = ${add(filter.userId)}`);
  if (filter.requestId !== undefined) parts.push(`request_id = ${add(filter.requestId)}::uuid`);
  if (filter.period !== undefined) {
    parts.push(`started_at >= ${add(filter.period.from)}`, `started_at < ${add(filter.period.to)}`);
  }
  return { sql: parts.join(" AND "), values };
}
