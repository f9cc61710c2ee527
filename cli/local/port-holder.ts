import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { commandLine } from "./process-identity";

/** The program behind a listening port. */
export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

/** Who listens on a TCP port; undefined when the system does not say, as for programs of other users. */
export function portHolder(port: number): PortHolder | undefined {
  const pid = process.platform === "linux" ? pidFromProc(port) : pidFromLsof(port);
  const command = pid === undefined ? undefined : commandLine(pid);
  return pid === undefined || command === undefined ? undefined : { pid, command };
}

/**
 * Inodes of the sockets that listen on `port`, from the text of /proc/net/tcp or tcp6.
 * Columns: sl, local address:port in hex, remote, state (0A is LISTEN), …, inode in the tenth.
 */
export function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === "0A")
    .flatMap((columns) => columns[9] ?? []);
}

function pidFromProc(port: number): number | undefined {
  const sockets = new Set(
    ["/proc/net/tcp", "/proc/net/tcp6"]
      .flatMap((file) => listeningInodes(readOrEmpty(file), port))
      .map((inode) => `socket:[${inode}]`),
  );
  if (sockets.size === 0) return undefined;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const holder = pids.find((pid) => openFiles(pid).some((file) => sockets.has(file)));
  return holder === undefined ? undefined : Number(holder);
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${descriptor}`)];
      } catch {
        return [];
      }
    });
  } catch {
    // Gone, or of another user.
    return [];
  }
}

function pidFromLsof(port: number): number | undefined {
  try {
    const out = execFileSync("lsof", ["-nP", "-t", `-iTCP:${port}`, "-sTCP:LISTEN"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return Number.parseInt(out, 10) || undefined;
  } catch {
    return undefined;
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
