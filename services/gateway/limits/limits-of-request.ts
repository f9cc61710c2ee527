import type { Allowance } from "../ledger/allowances";

/** Limits of a key or of its user that a request counts for; at least one is set. `null`: no such limit. */
export interface RequestLimits {
  readonly scope: "key" | "user";
  /** Key id or user id. */
  readonly id: string;
  /** Requests a minute. */
  readonly rpm: number | null;
  /** Tokens a minute. */
  readonly tpm: number | null;
  /** Requests at the same time. */
  readonly maxParallel: number | null;
}

/** The limits of a request, in the order of its allowances: key, then user. Those without any limit are left out. */
export function limitsOf(allowances: readonly Allowance[]): readonly RequestLimits[] {
  const limits: RequestLimits[] = [];
  for (const { scope, id, rpmLimit: rpm, tpmLimit: tpm, maxParallelRequests: maxParallel } of allowances) {
    if (rpm !== null || tpm !== null || maxParallel !== null)
      limits.push({ scope, id, rpm, tpm, maxParallel });
  }
  return limits;
}
