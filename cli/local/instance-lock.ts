import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { UserError } from "../terminal/user-error";
import { isAlive, startMark } from "./process-identity";

/** Who runs on a data folder. */
export interface Instance {
  readonly pid: number;
  /** `startMark` of that process. */
  readonly started?: string | undefined;
  /** Where its gateway answers. */
  readonly url: string;
}

/**
 * Makes this process the only one on a data folder. A lock of a process that is gone is taken over.
 *
 * @returns gives the lock back
 * @throws UserError naming the running process and its URL
 */
export function takeInstanceLock(file: string, url: string): () => void {
  const mine: Instance = { pid: process.pid, started: startMark(process.pid), url };
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    // A link appears with its whole content or not at all, so nobody reads half a lock.
    while (!tryLink(draft, file)) removeUnlessRunning(file);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (readInstance(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** Is `instance` still the process that wrote the lock? */
export function isRunning({ pid, started }: Instance): boolean {
  if (!isAlive(pid)) return false;
  const mark = startMark(pid);
  return started === undefined || mark === undefined || mark === started;
}

/** The content of the lock; undefined when there is none or it is damaged. */
export function readInstance(file: string): Instance | undefined {
  try {
    const { pid, started, url } = JSON.parse(readFileSync(file, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? { pid, started, url: String(url) } : undefined;
  } catch {
    return undefined;
  }
}

function tryLink(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function removeUnlessRunning(file: string): void {
  refuseIfRunning(readInstance(file));
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  // Between reading and renaming, another start may have taken over: then this was its lock.
  const moved = readInstance(aside);
  if (moved !== undefined && isRunning(moved)) renameSync(aside, file);
  else rmSync(aside);
  refuseIfRunning(moved);
}

function refuseIfRunning(instance: Instance | undefined): void {
  if (instance === undefined || !isRunning(instance)) return;
  throw new UserError(
    `Sluice is already running here: process ${instance.pid}, ${instance.url}`,
    `use that one, stop it with Ctrl-C in its terminal (or: kill ${instance.pid}), or start a second one with --data <folder> and other ports`,
  );
}
