import type { z } from "zod";
import type { User } from "../ports/user-store";
import type { userListQuery } from "./user-bodies";

/** One page of the users that fit the query, by their ids. */
export function listUsers(
  users: Iterable<User>,
  query: z.output<typeof userListQuery>,
): { readonly page: readonly User[]; readonly total: number } {
  const ids = query.user_ids?.split(",");
  const email = query.user_email?.toLowerCase();
  const fitting = [...users]
    .filter(
      (user) =>
        (query.role === undefined || user.userRole === query.role) &&
        (ids === undefined || ids.includes(user.userId)) &&
        (email === undefined || user.userEmail?.toLowerCase().includes(email) === true),
    )
    .sort((a, b) => (a.userId < b.userId ? -1 : 1));
  const start = (query.page - 1) * query.page_size;
  return { page: fitting.slice(start, start + query.page_size), total: fitting.length };
}
