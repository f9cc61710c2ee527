import { readdirSync, readFileSync } from "node:fs";

/** Time that all threads of a process have computed so far, in µs. @returns undefined where the kernel does not say it (not Linux) */
export function cpuTime(pid: number): number | undefined {
  try {
    let total = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) total += threadTime(pid, thread);
    return total / 1000;
  } catch {
    return undefined;
  }
}

/** The same for the children of a process, such as the backends of a Postgres server. */
export function cpuTimeOfChildren(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return children.reduce((total, child) => total + (cpuTime(Number(child)) ?? 0), 0);
  } catch {
    return undefined;
  }
}

/** In ns. */
function threadTime(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]);
  } catch {
    // The thread ended between the listing and the reading.
    return 0;
  }
}
