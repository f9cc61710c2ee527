import { cells } from "./cells";
import { type CellResult, runCell } from "./cells/run-cell";
import { checks } from "./checks";
import type { CheckResult } from "./checks/check";
import { runCheck } from "./checks/run-check";
import type { Laboratory } from "./measure/laboratory";
import { warmUp } from "./measure/warm-up";
import { type BenchOptions, isSelected } from "./options";
import type { RunResult } from "./report/report";
import { type Stop, startLaboratory } from "./start-laboratory";
import { startGateway } from "./targets/gateway";
import type { Target, TargetName } from "./targets/target";

/** For each kind of answer, before the first round. */
const WARM_UP_SECONDS = 3;

/**
 * Runs what was selected.
 * @param stops gets how everything that was started is stopped, also when this throws
 */
export async function run(
  options: BenchOptions,
  stops: Stop[],
  say: (line: string) => void,
): Promise<RunResult> {
  const { laboratory, targets } = await startLaboratory(options, stops, say);
  if (!options.isQuick) {
    say("warming up");
    for (const target of targets.values()) await warmUp(laboratory, target, WARM_UP_SECONDS);
  }
  const measured = await runCells(laboratory, targets, options, say);
  const checked = await runChecks(laboratory, targets, options, say);
  return { options, cores: laboratory.cores, cells: measured, checks: checked, date: new Date() };
}

async function runCells(
  laboratory: Laboratory,
  targets: Map<TargetName, Target>,
  { isQuick, rounds, seconds, cells: asked }: BenchOptions,
  say: (line: string) => void,
): Promise<CellResult[]> {
  const results: CellResult[] = [];
  const selected = cells.filter(({ metrics }) =>
    isSelected(
      metrics.map(({ goal }) => goal),
      asked,
    ),
  );
  for (const cell of selected) {
    say(cell.title);
    const result = await runCell(laboratory, { cell, targets, rounds, seconds, warmsUp: !isQuick });
    if (result.failure !== undefined) {
      say(`  wrong: ${result.failure}`);
      await laboratory.gateway.books?.skip();
    }
    results.push(result);
  }
  return results;
}

async function runChecks(
  laboratory: Laboratory,
  targets: ReadonlyMap<TargetName, Target>,
  { isQuick, cells: asked }: BenchOptions,
  say: (line: string) => void,
): Promise<CheckResult[]> {
  const selected = checks.filter(({ goal }) => isSelected([goal], asked));
  const first = targets.get("ours");
  if (selected.length === 0 || first === undefined) return [];
  const second = await startGateway(laboratory.gateway);
  const results: CheckResult[] = [];
  try {
    for (const check of selected) {
      say(check.title);
      results.push(await runCheck(check, { laboratory, gateways: [first, second], isQuick }));
    }
  } finally {
    await second.stop();
  }
  return results;
}
