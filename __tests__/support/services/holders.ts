import type { VirtualKey } from "../../../services/gateway/store/key-store";
import type { NamedBudget } from "../../../services/gateway/store/named-budget-store";
import type { User } from "../../../services/gateway/store/user-store";
import { newKey } from "./test-gateway";

const AT = new Date("2026-01-02T03:04:05.678Z");
const MADE = { createdAt: AT, updatedAt: AT, createdBy: "tests", updatedBy: "tests" };
const NO_LIMITS = {
  maxBudgetNanoUsd: null,
  budgetDuration: null,
  rpmLimit: null,
  tpmLimit: null,
  maxParallelRequests: null,
};

/** A stored key without limits. */
export function virtualKey(props: Partial<VirtualKey> = {}): VirtualKey {
  return {
    ...newKey("sk-stored-key-0000000"),
    ...MADE,
    keyId: "00000000-0000-4000-8000-000000000001",
    isBlocked: false,
    previousTokenHash: null,
    previousValidUntil: null,
    ...props,
  };
}

/** A stored user without limits. */
export function user(props: Partial<User> = {}): User {
  return {
    ...NO_LIMITS,
    ...MADE,
    userId: "ada",
    userEmail: null,
    userAlias: null,
    userRole: null,
    models: [],
    metadata: {},
    budgetId: null,
    ...props,
  };
}

/** A stored budget without limits. */
export function namedBudget(props: Partial<NamedBudget> = {}): NamedBudget {
  return { ...NO_LIMITS, ...MADE, budgetId: "team", softBudgetNanoUsd: null, ...props };
}
