import { readFileSync } from "node:fs";

/** Memory that a process holds now, in MB (10⁶ bytes). @returns undefined where the kernel does not say it (not Linux) */
export function residentMemory(pid: number): number | undefined {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}
