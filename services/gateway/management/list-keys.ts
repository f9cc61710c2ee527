import type { z } from "zod";
import type { VirtualKey } from "../ports/key-store";
import type { keyListQuery } from "./key-bodies";

type Query = z.output<typeof keyListQuery>;

/** One page of the keys that fit the query. */
export function listKeys(
  keys: Iterable<VirtualKey>,
  query: Query,
): { readonly page: readonly VirtualKey[]; readonly total: number } {
  const fitting = [...keys].filter(
    (key) =>
      (query.user_id === undefined || key.userId === query.user_id) &&
      (query.key_alias === undefined || key.keyAlias === query.key_alias) &&
      (query.key_hash === undefined || key.tokenHash === query.key_hash) &&
      (query.blocked === undefined || key.isBlocked === query.blocked),
  );
  const direction = query.sort_order === "asc" ? 1 : -1;
  // The id settles ties, so that pages do not overlap.
  fitting.sort((a, b) => direction * (compare(a, b, query.sort_by) || (a.keyId < b.keyId ? -1 : 1)));
  const start = (query.page - 1) * query.size;
  return { page: fitting.slice(start, start + query.size), total: fitting.length };
}

function compare(a: VirtualKey, b: VirtualKey, by: Query["sort_by"]): number {
  if (by === "created_at") return a.createdAt.getTime() - b.createdAt.getTime();
  if (by === "updated_at") return a.updatedAt.getTime() - b.updatedAt.getTime();
  const [left, right] = by === "key_alias" ? [a.keyAlias, b.keyAlias] : [a.userId, b.userId];
  return (left ?? "").localeCompare(right ?? "");
}
