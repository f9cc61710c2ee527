import type { Sample } from "../measure/sample";
import type { BenchApi } from "../requests/prompt";
import type { RoundRatios } from "../statistics/round-ratios";

/** How requests are sent, and what the upstream answers. Times in milliseconds. */
export interface Workload {
  readonly connections: number;
  /** Requests a second of an open loop. @default - closed loop */
  readonly ratePerSecond?: number;
  readonly isStream: boolean;
  /** @default "chat-completions" */
  readonly api?: BenchApi;
  /** Pieces of text of an answer. @default 1 */
  readonly chunks?: number;
  /** Between two pieces. @default 0 */
  readonly paceMs?: number;
  /** Before an answer. @default 0 */
  readonly delayMs?: number;
  /** About how long the body is. @default - a short question */
  readonly bodyBytes?: number;
  /** @default 1000 */
  readonly warmupMs?: number;
}

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
}
