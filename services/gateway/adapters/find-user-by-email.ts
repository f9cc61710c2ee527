import type { User } from "../ports/user-store";

/** The user with this e-mail address, without regard to case. */
export function findUserByEmail(users: Iterable<User>, email: string): User | undefined {
  const wanted = email.toLowerCase();
  return [...users].find((user) => user.userEmail?.toLowerCase() === wanted);
}
