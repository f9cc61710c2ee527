import type { YearResult } from "../../../bench/year/run-year";
import { yearExitCode, yearReport } from "../../../bench/year/year-report";

const load = { answers: 100, p50Ms: 10, p99Ms: 20, failures: [] };
const question = (coldMs: number, warmMs: number, failure?: string) => ({
  question: { title: "keys", path: "/key/list", check: async () => {} },
  coldMs,
  warmMs,
  wholeMs: warmMs,
  bytes: 1000,
  failure,
});

function result(
  questions: YearResult["questions"],
  loads: Partial<YearResult["loads"]> = {},
  wrong: string[] = [],
): YearResult {
  return {
    size: { rows: 1000, keys: 1000 },
    bytes: 1e9,
    madeInSeconds: undefined,
    startMs: 3000,
    questions,
    loads: {
      alone: load,
      withReports: { ...load, p99Ms: 30 },
      reports: { answers: 10, failures: [] },
      masterKey: load,
      quiet: { ...load, p99Ms: 50 },
      quietKeys: 300,
      commitsPerRequest: 1.5,
      wrong: [],
      ...loads,
    },
    wrong,
    date: new Date("2026-01-02T03:04:05Z"),
  };
}

test("all in time and right is 0, everything else 1", () => {
  expect(yearExitCode(result([question(900, 200)]))).toBe(0);
  expect(yearExitCode(result([question(1100, 200)]))).toBe(1);
  expect(yearExitCode(result([question(900, 301)]))).toBe(1);
  expect(yearExitCode(result([question(900, 200, "status 503")]))).toBe(1);
  expect(yearExitCode(result([question(Number.NaN, 200)]))).toBe(1);
  expect(yearExitCode(result([], { commitsPerRequest: 1.7 }))).toBe(1);
  expect(yearExitCode(result([], { withReports: { ...load, p99Ms: 41 } }))).toBe(1);
  expect(yearExitCode(result([], { quiet: { ...load, p99Ms: 61 } }))).toBe(1);
  expect(yearExitCode(result([], { reports: { answers: 1, failures: ["429"] } }))).toBe(1);
  expect(yearExitCode(result([], { wrong: ["audit rows"] }))).toBe(1);
  expect(yearExitCode(result([], {}, ["key:1 has spent 2"]))).toBe(1);
});

test("the report shows what is wrong beside the figures", () => {
  const text = yearReport(result([question(900, 301), question(1, 2, "found 1, expected 2")], {}, ["key:1"]));
  expect(text).toMatch(/keys +\| 900 +\| 301 +\| 301 +\| 1\.00 +\| 1000 cold, 300 warm \| no/);
  expect(text).toContain("- keys: found 1, expected 2");
  expect(text).toContain("- key:1");
});
