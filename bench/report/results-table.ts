import { formatNumber } from "./format-number";
import type { Judgement } from "./judge";
import { textTable } from "./text-table";

const HEADER = [
  "goal",
  "load",
  "value",
  "D",
  "N",
  "B",
  "H",
  "ours",
  "ours / B",
  "min – max",
  "wanted",
  "reached",
];

/** The judgements as a table. @param areRatesJudged without it, nothing is called reached or missed */
export function resultsTable(judgements: readonly Judgement[], areRatesJudged: boolean): string {
  return textTable(
    HEADER,
    judgements.map(({ goal, cell, metric, medians, ratio, limit, isReached }) => [
      goal,
      cell,
      metric,
      formatNumber(medians.D),
      formatNumber(medians.N),
      formatNumber(medians.B),
      formatNumber(medians.H),
      formatNumber(medians.ours),
      formatNumber(ratio?.median),
      ratio === undefined ? "–" : `${formatNumber(ratio.least)} – ${formatNumber(ratio.most)}`,
      limit ?? "",
      !areRatesJudged || isReached === undefined ? "" : isReached ? "yes" : "no",
    ]),
  );
}
