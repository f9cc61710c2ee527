import type { RequestLimits } from "./limits-of-request";

/** What is counted in a minute. */
export type CountKind = "requests" | "tokens";

/** One limit per minute that a request counts for. */
export interface RequestCount {
  readonly kind: CountKind;
  readonly of: RequestLimits;
  readonly limit: number;
  readonly amount: number;
}

/** What a request counts for. @param tokens as estimated; `undefined`: its tokens do not count */
export function countsOf(of: RequestLimits, tokens: number | undefined): RequestCount[] {
  const counts: RequestCount[] = [];
  if (of.rpm !== null) counts.push({ kind: "requests", of, limit: of.rpm, amount: 1 });
  if (of.tpm !== null && tokens !== undefined)
    counts.push({ kind: "tokens", of, limit: of.tpm, amount: tokens });
  return counts;
}
