import { existsSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../terminal/user-error";
import { commandLine, isAlive, workingFolder } from "./process-identity";

/** How long a database that a killed run left behind may take to close, in milliseconds. */
const LEFTOVER_STOP_MS = 20_000;

/** First lines of `postmaster.pid`. */
export interface PostmasterPid {
  readonly pid: number;
  readonly dataDir: string;
  /** TCP port; undefined while the server is starting. */
  readonly port?: number;
}

/** Reads `postmaster.pid`: pid, data folder, start time, port, …, one a line. @returns undefined when it is damaged */
export function parsePostmasterPid(text: string): PostmasterPid | undefined {
  const [pid, dataDir, , port] = text.split("\n").map((line) => line.trim());
  if (!pid || !/^\d+$/.test(pid) || Number(pid) < 2 || !dataDir) return undefined;
  return { pid: Number(pid), dataDir, ...(port && /^\d+$/.test(port) ? { port: Number(port) } : {}) };
}

/**
 * Makes way for a start after a crash: a server that still runs on the folder is shut down (its
 * launcher is gone, and nobody else would), a `postmaster.pid` without a server is removed. Only for
 * the holder of the instance lock.
 *
 * @returns what was found
 * @throws UserError when a server cannot be stopped
 */
export async function clearPostmaster(
  dataDir: string,
): Promise<"nothing" | "stale file" | "left-over server"> {
  const file = join(dataDir, "postmaster.pid");
  if (!existsSync(file)) return "nothing";
  const found = parsePostmasterPid(readFileSync(file, "utf8"));
  if (found === undefined || !isPostmasterOf(found.pid, dataDir)) {
    rmSync(file, { force: true });
    return "stale file";
  }
  // SIGINT is Postgres' fast shutdown: open transactions are rolled back, everything else is written.
  process.kill(found.pid, "SIGINT");
  for (const end = Date.now() + LEFTOVER_STOP_MS; isPostmasterOf(found.pid, dataDir); await sleep(50)) {
    if (Date.now() < end) continue;
    throw new UserError(
      `the database of an earlier run (process ${found.pid}) does not stop`,
      `stop it, then start again: kill -QUIT ${found.pid}`,
    );
  }
  return "left-over server";
}

/** Does the process run Postgres on this folder? Numbers are given again, so being alive is not enough. */
function isPostmasterOf(pid: number, dataDir: string): boolean {
  if (!isAlive(pid)) return false;
  const command = commandLine(pid);
  if (!command?.includes("postgres")) return false;
  const folder = workingFolder(pid);
  return folder === undefined ? command.includes(dataDir) : folder === realpathSync(dataDir);
}
