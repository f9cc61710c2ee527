import type { Sample } from "../measure/sample";
import type { Workload } from "../measure/workload";
import type { RoundRatios } from "../statistics/round-ratios";

/** Everything that a goal is judged by. */
export interface Comparison {
  /** ours / B. */
  readonly ratio: RoundRatios;
  /** Medians over all rounds. */
  readonly ours: number;
  readonly bare: number;
  /** Median time to make 8 KiB durable, in ms. */
  readonly syncMs: number;
}

/** What must hold for a measured value. */
export interface Limit {
  readonly text: string;
  readonly holds: (comparison: Comparison) => boolean;
}

/** One value of a cell. */
export interface Metric {
  /** Number of the goal. */
  readonly goal: string;
  readonly title: string;
  readonly unit: string;
  readonly of: (sample: Sample) => number | undefined;
  /** @default - shown, not judged */
  readonly limit?: Limit;
}

/** One load, put on every target in turn. */
export interface Cell {
  readonly title: string;
  readonly workload: Workload;
  readonly metrics: readonly Metric[];
  /** Each measurement has a fresh process. @default false */
  readonly isFresh?: boolean;
  /** How long the load runs before what counts, for code that no other load runs. @default 0 */
  readonly warmUpSeconds?: number;
}
