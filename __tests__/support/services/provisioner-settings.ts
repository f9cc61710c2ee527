import { BUILT_IN_LEVELS } from "../../../services/gateway/enforcement/levels";
import type { ScopeLimits } from "../../../services/key-provisioner/settings";

/** Figures of the scopes as platform.yaml has them without a word. */
const SCOPES: Readonly<Record<string, ScopeLimits>> = {
  workspace: {
    budgetUsd: 10,
    period: "1d",
    requestsPerMinute: 60,
    tokensPerMinute: 100_000,
    parallelRequests: 5,
    models: [],
  },
  user: {
    budgetUsd: 20,
    period: "1d",
    requestsPerMinute: 100,
    tokensPerMinute: 200_000,
    parallelRequests: 10,
    models: [],
  },
  ci: {
    budgetUsd: 5,
    period: "1d",
    requestsPerMinute: 30,
    tokensPerMinute: 50_000,
    parallelRequests: 3,
    models: ["claude-haiku-4-5"],
  },
  agentReview: {
    budgetUsd: 15,
    period: "1d",
    requestsPerMinute: 40,
    tokensPerMinute: 100_000,
    parallelRequests: 5,
    models: ["claude-sonnet-4-5", "claude-haiku-4-5"],
  },
  agentWrite: {
    budgetUsd: 30,
    period: "1d",
    requestsPerMinute: 60,
    tokensPerMinute: 200_000,
    parallelRequests: 10,
    models: [],
  },
};

/** What differs from the defaults. */
export interface SettingsChanges {
  readonly workspace?: Partial<ScopeLimits>;
  /** Scope → level. */
  readonly minimum?: Readonly<Record<string, string>>;
  /** User name → level. */
  readonly users?: Readonly<Record<string, string>>;
}

/** Text of the key-provisioner's settings file. */
export function settingsText({ workspace, minimum = {}, users = {} }: SettingsChanges = {}): string {
  return JSON.stringify({
    scopes: { ...SCOPES, workspace: { ...SCOPES["workspace"], ...workspace } },
    enforcement: {
      default: "standard",
      levels: BUILT_IN_LEVELS.map(({ name, strictness }) => ({ name, strictness })),
      minimum,
    },
    users,
  });
}
