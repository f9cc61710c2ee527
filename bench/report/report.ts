import type { CellResult } from "../cells/run-cell";
import type { CheckResult } from "../checks/check";
import type { BenchOptions } from "../options";
import type { Cores } from "../processes/cores";
import { median } from "../statistics/median";
import { judge } from "./judge";
import { machineFacts } from "./machine";
import { resultsTable } from "./results-table";
import { textTable } from "./text-table";

/** Everything a run found. */
export interface RunResult {
  readonly options: BenchOptions;
  readonly cores: Cores | undefined;
  readonly cells: readonly CellResult[];
  readonly checks: readonly CheckResult[];
  /** When the run ended. */
  readonly date: Date;
}

/** The run as Markdown that also reads well in a terminal. */
export function report({ options, cores, cells, checks, date }: RunResult): string {
  const { isQuick, rounds, seconds, keys } = options;
  const syncs = cells.map(({ syncMs }) => syncMs).filter((syncMs) => syncMs > 0);
  const failures = cells.flatMap(({ cell, failure }) =>
    failure === undefined ? [] : [`- **${cell.title}**: ${failure}`],
  );
  const judgements = cells.filter(({ failure }) => failure === undefined).flatMap(judge);
  const parts = [
    `# Bench, ${date.toISOString().slice(0, 10)}`,
    [
      ...machineFacts(cores, median(syncs)),
      `${rounds} rounds of ${seconds} s, ${keys.toLocaleString("en-US")} keys`,
      ...(isQuick ? ["quick: answers and records were checked, speed was not judged"] : []),
    ]
      .map((fact) => `- ${fact}`)
      .join("\n"),
    "D: upstream directly. N: nginx, one process. B: bare Fastify and undici proxy. H: bare `node:http` and undici proxy. ours: the gateway, everything on.",
  ];
  if (judgements.length > 0) parts.push(resultsTable(judgements, !isQuick));
  if (checks.length > 0) {
    const rows = checks.map(({ goal, title, found, wanted, isReached }) => [
      goal,
      title,
      found,
      wanted,
      isReached ? "yes" : "no",
    ]);
    parts.push(textTable(["goal", "check", "found", "wanted", "reached"], rows));
  }
  if (failures.length > 0)
    parts.push("Wrong answers or records; these loads have no result:", failures.join("\n"));
  return `${parts.join("\n\n")}\n`;
}
