import { formatNumber } from "../report/format-number";
import { machineFacts } from "../report/machine";
import { textTable } from "../report/text-table";
import { median } from "../statistics/median";
import { type Growth, growthOf, isFlat } from "./growth";
import type { SoakResult } from "./run-soak";
import type { Look } from "./watch";

/** How much longer a request may take while everything else goes on. */
const MOST_TIMES_ALONE = 2;

interface Goal {
  readonly title: string;
  readonly found: string;
  readonly wanted: string;
  readonly isReached: boolean;
}

function goalsOf({ alone, together, streams, reports, changes, looks }: SoakResult): Goal[] {
  const p99 = (windows: SoakResult["alone"]) => median(windows.map(({ p99Ms }) => p99Ms)) ?? Number.NaN;
  const [quiet, busy] = [p99(alone), p99(together)];
  const flat = (
    title: string,
    read: (look: Look) => number,
    factor: number,
    amount: number,
    unit = "",
  ): Goal => {
    const growth: Growth = growthOf(looks.map(read));
    return {
      title,
      found: `${formatNumber(growth.before)} → ${formatNumber(growth.after)}${unit}`,
      wanted: `at most ${Math.round((factor - 1) * 100)} % or ${amount}${unit} more`,
      isReached: isFlat(growth, factor, amount),
    };
  };
  return [
    {
      title: "requests, p99, median of the windows",
      found: `${formatNumber(busy)} ms (alone ${formatNumber(quiet)} ms)`,
      wanted: `at most ${MOST_TIMES_ALONE} × alone`,
      isReached: busy <= MOST_TIMES_ALONE * quiet,
    },
    flat("memory of both gateways", ({ memoryMb }) => memoryMb, 1.15, 40, " MB"),
    flat("descriptors of both gateways", ({ descriptors }) => descriptors, 1.05, 10),
    flat("dead rows of tables that requests change", ({ deadRows }) => deadRows, 1.5, 20_000),
    flat("size of these tables", ({ tablesMb }) => tablesMb, 1.5, 16, " MB"),
    {
      title: "requests",
      found: `${count([...alone, ...together])} as JSON, ${count(streams)} as streams`,
      wanted: "",
      isReached: true,
    },
    {
      title: "reports and changes",
      found: `${reports.answers} and ${changes.answers}, failed: ${reports.failures.length + changes.failures.length}`,
      wanted: "none failed",
      isReached: reports.failures.length + changes.failures.length === 0,
    },
  ];
}

const count = (windows: SoakResult["alone"]): string =>
  windows.reduce((sum, { answers }) => sum + answers, 0).toLocaleString("en-US");

const faultsOf = ({ wrong, reports, changes }: SoakResult): string[] => [
  ...wrong,
  ...reports.failures.slice(0, 5),
  ...changes.failures.slice(0, 5),
];

/** 0: everything right, flat and in time; 1: something is not. */
export function soakExitCode(result: SoakResult): 0 | 1 {
  return result.wrong.length === 0 && goalsOf(result).every(({ isReached }) => isReached) ? 0 : 1;
}

/** The run as Markdown that also reads well in a terminal. */
export function soakReport(result: SoakResult): string {
  const facts = [
    ...machineFacts(undefined, undefined).slice(0, 3),
    `two gateways, ${result.minutes} minutes with everything at once`,
  ];
  const goals = textTable(
    ["goal", "found", "wanted", "reached"],
    goalsOf(result).map(({ title, found, wanted, isReached }) => [
      title,
      found,
      wanted,
      wanted === "" ? "" : isReached ? "yes" : "no",
    ]),
  );
  const faults = faultsOf(result);
  const parts = [
    `# Soak, ${result.date.toISOString().slice(0, 10)}`,
    facts.map((fact) => `- ${fact}`).join("\n"),
    goals,
    faults.length === 0
      ? "Every row, every cost and every budget is what clients and provider counted."
      : `Wrong answers or records:\n\n${faults.map((fault) => `- ${fault}`).join("\n")}`,
  ];
  return `${parts.join("\n\n")}\n`;
}
