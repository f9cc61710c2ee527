import { chunkDelayP99, cpuPerChunk, firstByteP50, memoryPerThousand } from "../measure/sample";
import type { Cell } from "./cell";
import { atMost, atMostTimes } from "./limits";

const firstByte = {
  goal: "G3",
  title: "first byte p50",
  unit: "ms",
  of: firstByteP50,
  limit: atMostTimes(1.15),
} as const;

const cpu = {
  goal: "G4",
  title: "CPU a chunk",
  unit: "µs",
  of: cpuPerChunk,
  limit: atMostTimes(1.05),
} as const;

/** Answers in pieces. */
export const streamCells: readonly Cell[] = [
  {
    title: "1 stream, chunk every 10 ms",
    workload: { connections: 1, isStream: true, chunks: 10, paceMs: 10 },
    metrics: [firstByte],
  },
  {
    title: "100 streams, chunk every 10 ms",
    workload: { connections: 100, isStream: true, chunks: 100, paceMs: 10, warmupMs: 2000 },
    metrics: [firstByte, cpu],
  },
  {
    title: "64 streams, 100 chunks in a burst",
    workload: { connections: 64, isStream: true, chunks: 100 },
    metrics: [cpu],
  },
  {
    title: "1,000 streams, 5 chunks/s",
    // Long enough that every stream is open at the same time.
    workload: { connections: 1000, isStream: true, chunks: 30, paceMs: 200, warmupMs: 3000 },
    isFresh: true,
    metrics: [
      { goal: "G5", title: "chunk delay p99", unit: "ms", of: chunkDelayP99, limit: atMostTimes(1.3) },
      {
        goal: "G6",
        title: "memory for 1,000 streams",
        unit: "MB",
        of: memoryPerThousand,
        limit: atMost(25, "MB"),
      },
    ],
  },
];
