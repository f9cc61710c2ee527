/** Length of a window, in milliseconds. */
export const WINDOW_MS = 60_000;
/** How long what was counted just now may still be used: it counts for a window beyond that, in milliseconds. */
export const USE_MS = 500;

/** Counts that a gateway asks for. */
export interface QuotaRequest {
  /** What is limited: `requests:key:<key id>`, `tokens:key:<key id>`. */
  readonly account: string;
  /** Most in any window. */
  readonly limit: number;
  /** What there must be room for. */
  readonly need: number;
  /** What is counted then, also beyond the limit, until it is known better; not less than `need`. @default need */
  readonly bound?: number;
  /** Taken when there is plenty, so that the next requests need not ask. */
  readonly want: number;
}

/** What came of a `QuotaRequest`. */
export interface QuotaGrant {
  /** 0: nothing was given. */
  readonly granted: number;
  /** Which grant it is, for giving it back. */
  readonly block: number;
  /** It must be used within this time from asking, in milliseconds: it counts for a window beyond that. */
  readonly usableMs: number;
  /** Taken by all gateways, this grant included. */
  readonly used: number;
  /** Until `need` can be given if nobody else takes any; 0 when it was, in milliseconds. */
  readonly waitMs: number;
  /** Until nothing counts any more if nobody takes any, in milliseconds. */
  readonly resetMs: number;
}

/** What turned out otherwise than it was taken. */
export interface QuotaCorrection {
  readonly account: string;
  /**
   * The grant that is made smaller. `undefined`: counts beside any grant, whatever the limit says, because it has happened already
   * or will within `USE_MS`.
   */
  readonly block: number | undefined;
  /** Given back from `block`, or counted without one; positive. */
  readonly amount: number;
}

/** Sliding windows that all gateways share: never more than the limit is given within any window. */
export interface QuotaStore {
  /** @returns a grant for each request, in their order @throws StoreUnavailableError */
  take(requests: readonly QuotaRequest[]): Promise<readonly QuotaGrant[]>;
  /** @throws StoreUnavailableError */
  correct(corrections: readonly QuotaCorrection[]): Promise<void>;
}
