/** Members of an object that was read but is not trusted. */
export type Members = Readonly<Record<string, unknown>>;

/** Members of a value; none when it is no object. */
export function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null ? (value as Members) : {};
}

/** Text in a member; `undefined` when there is something else, or nothing. */
export function textMember(members: Members, name: string): string | undefined {
  const value = members[name];
  return typeof value === "string" ? value : undefined;
}
