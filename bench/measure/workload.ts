import type { BenchApi } from "../requests/prompt";

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
