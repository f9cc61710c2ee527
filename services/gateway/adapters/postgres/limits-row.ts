import type { Limits } from "../../ports/limits";
import type { Columns } from "./set-clause";

/** The limits in a row, as the driver returns them: bigint columns are strings. */
export interface LimitsRow {
  readonly max_budget_nano_usd: string | null;
  readonly budget_duration: string | null;
  readonly rpm_limit: string | null;
  readonly tpm_limit: string | null;
  readonly max_parallel_requests: string | null;
}

/** Where limits stand in a row. */
export const LIMIT_COLUMNS: Columns<Limits> = {
  maxBudgetNanoUsd: "max_budget_nano_usd",
  budgetDuration: "budget_duration",
  rpmLimit: "rpm_limit",
  tpmLimit: "tpm_limit",
  maxParallelRequests: "max_parallel_requests",
};

/** Database row → its limits. */
export function toLimits(row: LimitsRow): Limits {
  return {
    maxBudgetNanoUsd: toNumber(row.max_budget_nano_usd),
    budgetDuration: row.budget_duration,
    rpmLimit: toNumber(row.rpm_limit),
    tpmLimit: toNumber(row.tpm_limit),
    maxParallelRequests: toNumber(row.max_parallel_requests),
  };
}

/** Exact: what is stored was a safe integer when it was written. */
export function toNumber(text: string | null): number | null {
  return text === null ? null : Number(text);
}
