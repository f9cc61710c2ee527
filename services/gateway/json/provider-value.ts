/**
 * Members of an object that a provider sent. Plain `JSON.parse` output: unlike client requests, which `client-value.ts` reads,
 * nothing in it is refused. What is not as expected counts as not there, so that a new kind of event breaks nothing.
 */
export type Members = Readonly<Record<string, unknown>>;

const NO_MEMBERS: Members = Object.freeze({});

/** Members of a value; none when it is no object. */
export function membersOf(value: unknown): Members {
  return hasMembers(value) ? value : NO_MEMBERS;
}

/** Text in a member; `undefined` when there is something else, or nothing. */
export function textMember(members: Members, name: string): string | undefined {
  const value = members[name];
  return typeof value === "string" ? value : undefined;
}

/** Whether a value is an object or a list. */
export function hasMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null;
}

/** @throws SyntaxError when the text is not a JSON object */
export function parseMembers(json: string): Members {
  const value: unknown = JSON.parse(json);
  if (!hasMembers(value) || Array.isArray(value)) throw new SyntaxError("not a JSON object");
  return value;
}
