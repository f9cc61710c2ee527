import { availableParallelism, totalmem } from "node:os";
import type { Cores } from "../processes/cores";

/** What the figures were measured on, without saying where. */
export function machineFacts(cores: Cores | undefined, syncMs: number | undefined): string[] {
  return [
    `${availableParallelism()} cores (${process.arch}), ${Math.round(totalmem() / 2 ** 30)} GiB memory, ${process.platform}`,
    `Node ${process.versions.node}`,
    cores === undefined
      ? "processes share all cores"
      : "target alone on one core; client, upstream and Postgres on another",
    syncMs === undefined
      ? "time to make 8 KiB durable: not measured"
      : `8 KiB made durable in ${syncMs.toFixed(2)} ms (median)`,
  ];
}
