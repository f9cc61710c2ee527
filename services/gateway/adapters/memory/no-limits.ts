import type { Limits } from "../../ports/limits";

/** Nothing is limited. */
export const NO_LIMITS: Limits = {
  maxBudgetNanoUsd: null,
  budgetDuration: null,
  rpmLimit: null,
  tpmLimit: null,
  maxParallelRequests: null,
};
