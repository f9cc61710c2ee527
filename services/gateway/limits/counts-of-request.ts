import type { RequestLimits } from "./limits-of-request";

/** What is counted in a minute; `counts`: requests that only ask how many tokens another one would have. */
export const COUNT_KINDS = ["requests", "tokens", "counts"] as const;

/** One of `COUNT_KINDS`. */
export type CountKind = (typeof COUNT_KINDS)[number];

/** One limit per minute that a request counts for. */
export interface RequestCount {
  readonly kind: CountKind;
  readonly of: RequestLimits;
  readonly limit: number;
  /** What there must be room for. */
  readonly amount: number;
  /** What it may count for beyond that, and does until it is known. @default 0 */
  readonly reserved?: number;
}

/** Tokens of a request that has not been answered yet. */
export interface TokenBound {
  /** As estimated. */
  readonly input: number;
  /** Most that the answer may have. */
  readonly output: number;
}

/** Counting tokens costs nothing, and agents do it in bursts of 30. A key may do it so many times as often as it may ask… */
const COUNTINGS_PER_REQUEST = 10;
/** …and at least so often a minute. */
const LEAST_COUNTINGS = 600;

/** What a request counts for as such. */
export function countsOf(of: RequestLimits): RequestCount[] {
  return of.rpm === null ? [] : [{ kind: "requests", of, limit: of.rpm, amount: 1 }];
}

/** What the tokens of a request count for. */
export function tokensOf(of: RequestLimits, { input, output }: TokenBound): RequestCount[] {
  return of.tpm === null ? [] : [{ kind: "tokens", of, limit: of.tpm, amount: input, reserved: output }];
}

/** What a request counts for that only counts tokens. A key that may ask nothing has nothing to count. */
export function countingOf(of: RequestLimits): RequestCount[] {
  if (of.rpm === null) return [];
  const limit = of.rpm === 0 ? 0 : Math.max(LEAST_COUNTINGS, COUNTINGS_PER_REQUEST * of.rpm);
  return [{ kind: "counts", of, limit, amount: 1 }];
}
