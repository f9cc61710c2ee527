import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Which processor cores are used for what. */
export interface Cores {
  /** Client, upstream and database. */
  readonly load: number;
  /** The target alone. */
  readonly target: number;
}

/** @returns undefined where processes cannot be bound to cores, or there is only one; everything then runs anywhere */
export function chooseCores(): Cores | undefined {
  if (availableParallelism() < 2 || spawnSync("taskset", ["--version"]).status !== 0) return undefined;
  return { load: 0, target: 1 };
}

/** Binds a process, all its threads and what they start later to one core. */
export function bindToCore(pid: number, core: number | undefined): void {
  if (core !== undefined) spawnSync("taskset", ["-a", "-c", "-p", String(core), String(pid)]);
}
