/** What Terraform says when another run has the state. */
const LOCKED = /Error acquiring the state lock/;
/** Line of the lock's description, such as `  Who:       ada@build-1`. */
const FIELD = /^[\s│]*(Who|Operation|Created):\s+(\S.*?)\s*$/gm;

/**
 * Who has the state, from the text of a run that did not get it.
 * @returns undefined when that was not what made it fail
 */
export function lockHolder(output: string): string | undefined {
  if (!LOCKED.test(output)) return undefined;
  const fields = Object.fromEntries([...output.matchAll(FIELD)].map(([, name, value]) => [name, value]));
  const operation = (fields["Operation"] ?? "another run").replace(/^OperationType/, "").toLowerCase();
  const who = fields["Who"] === undefined ? "" : ` of ${fields["Who"]}`;
  const since = fields["Created"] === undefined ? "" : `, since ${fields["Created"].replace(/\.\d+ /, " ")}`;
  return `${operation}${who}${since}`;
}
