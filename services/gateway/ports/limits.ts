/** How much may be used; `null`: no such limit. */
export interface Limits {
  /** Most that may be spent in a budget period, in nano-USD. */
  readonly maxBudgetNanoUsd: number | null;
  /** Length of a budget period, such as `30d`; `null`: for ever. */
  readonly budgetDuration: string | null;
  /** Requests a minute. */
  readonly rpmLimit: number | null;
  /** Tokens a minute. */
  readonly tpmLimit: number | null;
  /** Requests at the same time. */
  readonly maxParallelRequests: number | null;
}
