import { answersPerSecond, cpuPerAnswer } from "../measure/sample";
import type { BenchApi } from "../requests/prompt";
import type { Cell } from "./cell";
import { atMostTimes } from "./limits";

const KIBIBYTE = 1024;

function largeBody(kibibytes: number, api: BenchApi): Cell {
  return {
    title: `${api}, prompt of ${kibibytes} KiB, c=16`,
    workload: { connections: 16, isStream: false, bodyBytes: kibibytes * KIBIBYTE, api },
    warmUpSeconds: 6,
    metrics: [
      { goal: "G7", title: "CPU an answer", unit: "µs", of: cpuPerAnswer, limit: atMostTimes(1.1) },
      { goal: "G7", title: "answers", unit: "1/s", of: answersPerSecond },
    ],
  };
}

/** Long sessions, as coding agents send them with every turn. */
export const largeBodyCells: readonly Cell[] = (
  ["chat-completions", "messages", "responses"] as const
).flatMap((api) => [largeBody(100, api), largeBody(400, api)]);
