import fs from "node:fs";
import path from "node:path";

const ROOT = "/sys/fs/cgroup";

/** What the processes of a container hold in memory, as the kernel counts it. All figures in bytes. */
export class ContainerMemory {
  readonly #statistics: string;
  readonly #name: string;

  /** @param pid first process of the container, in this host's numbers */
  constructor(private readonly pid: number) {
    const groups = fs.readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");
    const paths = groups.map((line) => line.split(":") as [string, string, string]);
    const memory = paths.find(([, controllers]) => controllers.split(",").includes("memory"));
    if (memory !== undefined) {
      // cgroup v1. Children counted as well: a health check is a process of the container, too.
      this.#statistics = path.join(ROOT, "memory", memory[2], "memory.stat");
      this.#name = "total_rss";
    } else {
      const unified = paths.find(([number]) => number === "0");
      if (unified === undefined) throw new Error(`process ${pid} is in no memory cgroup`);
      this.#statistics = path.join(ROOT, unified[2], "memory.stat");
      this.#name = "anon";
    }
  }

  /** Memory of all processes that cannot be taken from them: page cache, which the kernel takes back, is not in it. */
  get held(): number {
    const found = new RegExp(`^${this.#name} (\\d+)$`, "m").exec(fs.readFileSync(this.#statistics, "utf8"));
    return Number(found?.[1] ?? Number.NaN);
  }

  /** The most that the first process ever held, mapped files included, since `forgetPeak`. */
  get peak(): number {
    const status = fs.readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
  }

  /** Where that is not allowed the peak remains that since the start, which is no less. */
  forgetPeak(): void {
    try {
      fs.writeFileSync(`/proc/${this.pid}/clear_refs`, "5");
    } catch {
      // Only for the owner of the process.
    }
  }
}
