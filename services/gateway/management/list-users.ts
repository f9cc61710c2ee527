import type { z } from "zod";
import type { User } from "../ports/user-store";
import { compareText, selectPage } from "./select-page";
import type { userListQuery } from "./user-bodies";

/** One page of the users that fit the query, by their ids. */
export async function listUsers(
  users: Iterable<User>,
  query: z.output<typeof userListQuery>,
): Promise<{ readonly page: readonly User[]; readonly total: number }> {
  const ids = query.user_ids === undefined ? undefined : new Set(query.user_ids.split(","));
  const email = query.user_email?.toLowerCase();
  const fitting: User[] = [];
  for (const user of users)
    if (
      (query.role === undefined || user.userRole === query.role) &&
      (ids === undefined || ids.has(user.userId)) &&
      (email === undefined || user.userEmail?.toLowerCase().includes(email) === true)
    )
      fitting.push(user);
  const start = (query.page - 1) * query.page_size;
  const page = await selectPage(
    fitting,
    (a, b) => compareText(a.userId, b.userId),
    start,
    start + query.page_size,
  );
  return { page, total: fitting.length };
}
