import type { Cell } from "../../bench/cells/cell";
import { atLeastTimes } from "../../bench/cells/limits";
import type { CellResult } from "../../bench/cells/run-cell";
import { answersPerSecond, latencyP50, type Sample } from "../../bench/measure/sample";
import type { LoadResult } from "../../bench/processes/load-client";
import { exitCode } from "../../bench/report/exit-code";
import { formatNumber } from "../../bench/report/format-number";
import { judge } from "../../bench/report/judge";
import { report } from "../../bench/report/report";
import { textTable } from "../../bench/report/text-table";

const NONE = { count: 0, p50: 0, p90: 0, p99: 0, max: 0 };

const cell: Cell = {
  title: "JSON, 10/s",
  workload: { connections: 1, ratePerSecond: 10, isStream: false },
  metrics: [
    { goal: "G1a", title: "answers", unit: "1/s", of: answersPerSecond, limit: atLeastTimes(0.85) },
    { goal: "G2", title: "latency p50", unit: "ms", of: latencyP50 },
  ],
};

/** @param answers in one second */
function sample(answers: number): Sample {
  const load: LoadResult = {
    seconds: 1,
    answers,
    countedAnswers: answers,
    countedChunks: 0,
    statuses: {},
    failures: {},
    latency: { ...NONE, p50: 1500 },
    firstByte: NONE,
    chunkDelay: NONE,
    aborts: [],
  };
  return {
    load,
    workload: cell.workload,
    cpuUs: undefined,
    databaseCpuUs: undefined,
    idleMb: undefined,
    peakMb: undefined,
  };
}

function result(ours: readonly number[], bare: readonly number[], failure?: string): CellResult {
  return {
    cell,
    samples: new Map([
      ["ours", ours.map(sample)],
      ["B", bare.map(sample)],
    ]),
    syncMs: 1,
    ...(failure === undefined ? {} : { failure }),
  };
}

const run = (cells: CellResult[], isQuick = false) => ({
  options: {
    mode: "goals" as const,
    isQuick,
    cells: [],
    rounds: 3,
    seconds: 1,
    keys: 1000,
    rows: 1,
    minutes: 1,
  },
  cores: undefined,
  cells,
  checks: [],
  date: new Date("2026-01-02T03:04:05Z"),
});

test("a goal is judged by the median of the ratios of rounds", () => {
  const [answers] = judge(result([90, 10, 80], [100, 100, 80]));
  expect(answers).toMatchObject({ ratio: { median: 0.9, least: 0.1, most: 1 }, isReached: true });
  expect(judge(result([80], [100]))[0]?.isReached).toBe(false);
});

test("a target that does not keep up with an open loop has no latency", () => {
  expect(judge(result([9], [10]))[1]?.medians).toMatchObject({ ours: Number.POSITIVE_INFINITY, B: 1.5 });
});

test("the exit code tells a wrong answer from a missed goal", () => {
  expect(exitCode(run([result([100], [100])]))).toBe(0);
  expect(exitCode(run([result([10], [100])]))).toBe(2);
  expect(exitCode(run([result([10], [100])], true))).toBe(0);
  expect(exitCode(run([result([], [], "ours: 1 × timeout")], true))).toBe(1);
});

test("the report names what was wrong, and gives it no figures", () => {
  const text = report(run([result([100], [100], "ours: audit rows: 99, expected 100")]));
  expect(text).toContain("# Bench, 2026-01-02");
  expect(text).toContain("ours: audit rows: 99, expected 100");
  expect(text).not.toContain("| G1a");
});

test("numbers have about three digits", () => {
  expect([0.123, 12.34, 1234.5, undefined, Number.NaN, Number.POSITIVE_INFINITY].map(formatNumber)).toEqual([
    "0.12",
    "12.3",
    "1,235",
    "–",
    "–",
    "saturated",
  ]);
});

test("columns of a table have one width", () => {
  expect(textTable(["a", "wide"], [["x", "1"]])).toBe(
    ["| a   | wide |", "|-----|------|", "| x   | 1    |"].join("\n"),
  );
});
