import type { z } from "zod";
import type { VirtualKey } from "../ports/key-store";
import type { keyListQuery } from "./key-bodies";
import { compareText, selectPage } from "./select-page";

type Query = z.output<typeof keyListQuery>;

/** One page of the keys that fit the query. Text is in the order of its code units, capitals first. */
export async function listKeys(
  keys: Iterable<VirtualKey>,
  query: Query,
): Promise<{ readonly page: readonly VirtualKey[]; readonly total: number }> {
  const fitting: VirtualKey[] = [];
  for (const key of keys)
    if (
      (query.user_id === undefined || key.userId === query.user_id) &&
      (query.key_alias === undefined || key.keyAlias === query.key_alias) &&
      (query.key_hash === undefined || key.tokenHash === query.key_hash) &&
      (query.blocked === undefined || key.isBlocked === query.blocked)
    )
      fitting.push(key);
  const direction = query.sort_order === "asc" ? 1 : -1;
  const start = (query.page - 1) * query.size;
  const page = await selectPage(
    fitting,
    // The id settles ties, so that pages do not overlap.
    (a, b) => direction * (compare(a, b, query.sort_by) || compareText(a.keyId, b.keyId)),
    start,
    start + query.size,
  );
  return { page, total: fitting.length };
}

function compare(a: VirtualKey, b: VirtualKey, by: Query["sort_by"]): number {
  if (by === "created_at") return a.createdAt.getTime() - b.createdAt.getTime();
  if (by === "updated_at") return a.updatedAt.getTime() - b.updatedAt.getTime();
  const [left, right] = by === "key_alias" ? [a.keyAlias, b.keyAlias] : [a.userId, b.userId];
  return compareText(left ?? "", right ?? "");
}
