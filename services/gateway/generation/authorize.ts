import type { LevelSource } from "../enforcement/levels";
import { type EnforcementPolicy, type PromptSource, resolvePolicy } from "../enforcement/policy";
import { modelNotAllowed, noDeployment, unknownModel } from "../errors/catalogue";
import type { Finding } from "../guardrails/finding";
import { resolveScreening, type Screening, type ScreeningSettings } from "../guardrails/screening";
import { allowedModels, type Caller } from "../identity/caller";
import type { ModelCatalog } from "../providers/deployment";
import { type DeploymentGroup, findGroup, mayUseModel } from "../providers/model-groups";

/** The deployments that serve a model. @throws GatewayError when the caller may not use it, or nothing serves it */
export function selectGroup(catalog: ModelCatalog, caller: Caller, model: string): DeploymentGroup {
  const allowed = allowedModels(caller);
  if (!mayUseModel(allowed, model)) throw modelNotAllowed(model, allowed);
  const group = findGroup(catalog, model);
  if (group === "unknown-model") throw unknownModel(model);
  if (group === "none-available") throw noDeployment(model);
  return group;
}

/** Where working rules come from. */
interface PolicyTools {
  readonly levels: LevelSource;
  readonly prompts: PromptSource;
}

const UNRESTRICTED = { enforcement_level: "unrestricted" };

/**
 * The working rules of the caller's key. Whoever runs the gateway has none: the master key is no developer's.
 * @throws GatewayError 503 when they are not available
 */
export function policyOf(caller: Caller, { levels, prompts }: PolicyTools): EnforcementPolicy {
  return resolvePolicy(levels, prompts, caller.kind === "key" ? caller.key.metadata : UNRESTRICTED);
}

/** What is looked for in requests, and who counts what was found. */
export interface Guardrails {
  /** Of the configuration in force. */
  readonly settings: () => ScreeningSettings;
  readonly onFindings: (action: Screening["action"], findings: readonly Finding[]) => void;
}

/**
 * What is looked for in a caller's requests. The master key has no metadata, so the default holds for it.
 * @throws GatewayError 503 when the key says something that is not known
 */
export function screeningOf(caller: Caller, guardrails: Guardrails): Screening | undefined {
  const metadata = caller.kind === "key" ? caller.key.metadata : {};
  const screening = resolveScreening(guardrails.settings(), metadata);
  if (screening === undefined) return undefined;
  let isTold = false;
  return {
    ...screening,
    // A request is written anew for each deployment that is tried; it is the same finding.
    onFindings: (findings) => {
      if (!isTold) guardrails.onFindings(screening.action, findings);
      isTold = true;
    },
  };
}
