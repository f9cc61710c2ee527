import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** Does a process with this number run? It may be another one than the number was written down for. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  // Where nobody collects the dead, as in a container without an init, they keep their number.
  return statFields(pid)?.[0] !== "Z";
}

/**
 * A text that tells a process from a later one with the same number: when it was started.
 * @returns undefined when the process is gone or the system does not say
 */
export function startMark(pid: number): string | undefined {
  try {
    return process.platform === "linux" ? statFields(pid)?.[19] : ps(pid, "lstart");
  } catch {
    return undefined;
  }
}

/** Command line with its arguments; undefined when the process is gone or the system does not say. */
export function commandLine(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") return ps(pid, "command");
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return undefined;
  }
}

/** Working folder; undefined where only Linux would say, or for a process of somebody else. */
export function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Fields of /proc/<pid>/stat from the third on, which is the state; the 22nd is the start time. Linux only. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets and may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string | undefined {
  const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
  return execFileSync("ps", ["-o", `${column}=`, "-p", String(pid)], { encoding: "utf8", stdio }).trim();
}
