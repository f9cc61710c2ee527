import { ProvisionerError } from "./errors";
import type { KeySettings } from "./gateway";
import type { ScopeName, Settings } from "./settings";
import type { KeyKind } from "./store/issued-keys";

/** What a key is for, and what follows from that. */
export interface KeyPurpose {
  readonly alias: string;
  readonly kind: KeyKind;
  readonly subject: string;
  /** `metadata.scope` at the gateway, by which it finds the minimum level. */
  readonly scope: string;
  /** Its figures in the settings. */
  readonly scopeName: ScopeName;
  /** Owner of the key at the gateway. */
  readonly userId: string;
  /** User name of the person it belongs to; `null`: a service. */
  readonly owner: string | null;
  readonly ownerId: string | null;
  /** More metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether its holder may ask for it again, so that it is kept, encrypted. */
  readonly isKept: boolean;
}

/** Of one workspace. */
export function workspacePurpose(workspace: {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly ownerId: string;
}): KeyPurpose {
  const { id, name, owner, ownerId } = workspace;
  return {
    alias: `workspace-${id}`,
    kind: "workspace",
    subject: id,
    scope: `workspace:${id}`,
    scopeName: "workspace",
    userId: owner,
    owner,
    ownerId,
    metadata: { workspace_id: id, workspace_owner: owner, workspace_name: name },
    isKept: true,
  };
}

/** Of a person, for use outside of workspaces. */
export function userPurpose(username: string, ownerId: string | null, purpose?: string): KeyPurpose {
  return {
    alias: `user-${username}`,
    kind: "user",
    subject: username,
    scope: `user:${username}`,
    scopeName: "user",
    userId: username,
    owner: username,
    ownerId,
    metadata: purpose === undefined ? {} : { purpose },
    isKept: true,
  };
}

/** Of a pipeline. @param repo such as `frontend` or `team/frontend` */
export function ciPurpose(repo: string): KeyPurpose {
  return service("ci", repo, `ci-${repo}`, "ci", { repo });
}

/** Of an agent that runs by itself. */
export function agentPurpose(role: "review" | "write"): KeyPurpose {
  return service("agent", role, `agent-${role}`, role === "review" ? "agentReview" : "agentWrite", {});
}

function service(
  kind: "ci" | "agent",
  subject: string,
  alias: string,
  scopeName: ScopeName,
  metadata: Readonly<Record<string, string>>,
): KeyPurpose {
  const scope = `${kind}:${subject}`;
  return {
    alias,
    kind,
    subject,
    scope,
    scopeName,
    userId: alias,
    owner: null,
    ownerId: null,
    metadata,
    isKept: false,
  };
}

/** The purpose of a key that is there. @throws ProvisionerError 409 for an agent that no settings know */
export function purposeOf(key: {
  readonly kind: KeyKind;
  readonly subject: string;
  readonly owner: string | null;
  readonly ownerId: string | null;
}): Omit<KeyPurpose, "metadata"> {
  const { kind, subject, owner, ownerId } = key;
  if (kind === "ci") return ciPurpose(subject);
  if (kind === "user") return userPurpose(subject, ownerId);
  if (kind === "workspace")
    return workspacePurpose({ id: subject, name: "", owner: owner ?? "", ownerId: ownerId ?? "" });
  if (subject === "review" || subject === "write") return agentPurpose(subject);
  throw new ProvisionerError(409, "unknown_agent", `There are no settings for the agent ${subject}.`);
}

/** Limits of a key, in the gateway's words. */
export type KeyLimits = Omit<KeySettings, "user_id" | "metadata">;

/** What the settings in force give a key of this scope. */
export function limitsOf(settings: Settings, scopeName: ScopeName): KeyLimits {
  const { budgetUsd, period, requestsPerMinute, tokensPerMinute, parallelRequests, models } =
    settings.scopes[scopeName];
  return {
    models,
    max_budget: budgetUsd,
    budget_duration: period,
    rpm_limit: requestsPerMinute,
    tpm_limit: tokensPerMinute,
    max_parallel_requests: parallelRequests,
  };
}
