import type { Target } from "../targets/target";
import type { Laboratory } from "./laboratory";
import { measure } from "./measure";
import type { Workload } from "./workload";

/** Both kinds of answers, so that what runs later has been compiled. */
const WORKLOADS: readonly Workload[] = [
  { connections: 16, isStream: false, warmupMs: 500 },
  { connections: 16, isStream: true, chunks: 20, warmupMs: 500 },
];

/** Brings a fresh process to the state of one that has run for a while. @param seconds for each kind of answer */
export async function warmUp(laboratory: Laboratory, target: Target, seconds: number): Promise<void> {
  for (const workload of WORKLOADS) await measure(laboratory, target, workload, seconds);
}
