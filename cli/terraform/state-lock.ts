import { readFileSync } from "node:fs";

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

/**
 * The process that holds the lock of a local state: locks of files end with their process, so one that is held belongs to a living one.
 * Known on Linux only.
 * @param inode of the state file
 * @param table text of /proc/locks: `1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 0 EOF`
 */
export function lockingPid(inode: number, table = readLocks()): number | undefined {
  for (const line of table.split("\n")) {
    const [, kind, , , pid, file] = line.trim().split(/\s+/);
    if (kind !== "->" && file?.split(":")[2] === String(inode)) return Number(pid);
  }
  return undefined;
}

function readLocks(): string {
  try {
    return readFileSync("/proc/locks", "utf8");
  } catch {
    return "";
  }
}
