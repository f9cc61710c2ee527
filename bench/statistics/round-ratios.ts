import { median } from "./median";

/** How one target compares with another over all rounds. */
export interface RoundRatios {
  /** Median of the ratios of single rounds: what goals are judged by. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/**
 * Divides round by round, so that whatever slows the machine down for a while falls on both sides.
 * @param values of the target, by round; undefined where a round has none
 * @param references of the other target, by round
 */
export function roundRatios(
  values: readonly (number | undefined)[],
  references: readonly (number | undefined)[],
): RoundRatios | undefined {
  const ratios = values.flatMap((value, round) => {
    const reference = references[round];
    return value === undefined || reference === undefined || reference === 0 || !Number.isFinite(reference)
      ? []
      : [value / reference];
  });
  const middle = median(ratios);
  if (middle === undefined) return undefined;
  return { median: middle, least: Math.min(...ratios), most: Math.max(...ratios) };
}
