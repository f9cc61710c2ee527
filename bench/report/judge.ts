import type { Metric } from "../cells/cell";
import type { CellResult } from "../cells/run-cell";
import { median } from "../statistics/median";
import { type RoundRatios, roundRatios } from "../statistics/round-ratios";
import type { TargetName } from "../targets/target";

/** One line of the table. */
export interface Judgement {
  readonly goal: string;
  readonly cell: string;
  readonly metric: string;
  /** Target → median over all rounds. */
  readonly medians: Readonly<Record<TargetName, number | undefined>>;
  /** ours / B. */
  readonly ratio: RoundRatios | undefined;
  readonly limit: string | undefined;
  /** Undefined where nothing is judged. */
  readonly isReached: boolean | undefined;
}

/** Compares the gateway with B in every value of a cell. */
export function judge(result: CellResult): Judgement[] {
  return result.cell.metrics.map((metric) => judgeMetric(result, metric));
}

function judgeMetric({ cell, samples, syncMs }: CellResult, metric: Metric): Judgement {
  const valuesOf = (name: TargetName) => (samples.get(name) ?? []).map(metric.of);
  const medianOf = (name: TargetName) => median(valuesOf(name).filter((value) => value !== undefined));
  const medians = {
    D: medianOf("D"),
    N: medianOf("N"),
    B: medianOf("B"),
    H: medianOf("H"),
    ours: medianOf("ours"),
  };
  const ratio = roundRatios(valuesOf("ours"), valuesOf("B"));
  const { ours, B: bare } = medians;
  const isComparable = ratio !== undefined && ours !== undefined && bare !== undefined;
  return {
    goal: metric.goal,
    cell: cell.title,
    metric: `${metric.title}, ${metric.unit}`,
    medians,
    ratio,
    limit: metric.limit?.text,
    isReached: isComparable ? metric.limit?.holds({ ratio, ours, bare, syncMs }) : undefined,
  };
}
