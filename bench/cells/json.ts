import {
  answersPerSecond,
  cpuPerAnswer,
  databaseCpuPerAnswer,
  latencyP50,
  latencyP99,
} from "../measure/sample";
import type { Workload } from "../measure/workload";
import type { Cell, Limit } from "./cell";
import { atLeastTimes, atMostTimes, bareAndSync } from "./limits";

function throughput(goal: string, title: string, workload: Workload, limit: Limit): Cell {
  return {
    title,
    workload,
    metrics: [
      { goal, title: "answers", unit: "1/s", of: answersPerSecond, limit },
      { goal, title: "CPU an answer", unit: "µs", of: cpuPerAnswer },
      { goal, title: "database CPU an answer", unit: "µs", of: databaseCpuPerAnswer },
      { goal, title: "latency p50", unit: "ms", of: latencyP50 },
    ],
  };
}

function latency(ratePerSecond: number): Cell {
  return {
    title: `JSON, ${ratePerSecond}/s`,
    workload: { connections: 256, ratePerSecond, isStream: false },
    metrics: [
      { goal: "G2", title: "latency p50", unit: "ms", of: latencyP50, limit: bareAndSync },
      { goal: "G2", title: "latency p99", unit: "ms", of: latencyP99, limit: atMostTimes(1.3) },
    ],
  };
}

/** Short questions with JSON answers. */
export const jsonCells: readonly Cell[] = [
  throughput("G1a", "JSON, c=64", { connections: 64, isStream: false }, atLeastTimes(0.85)),
  throughput("G1b", "JSON, c=256", { connections: 256, isStream: false }, atLeastTimes(1)),
  throughput(
    "G1c",
    "JSON, c=1000, upstream 50 ms",
    { connections: 1000, isStream: false, delayMs: 50, warmupMs: 3000 },
    atLeastTimes(1.25),
  ),
  latency(500),
  latency(2000),
];
