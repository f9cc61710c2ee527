import type { AuditedExchange } from "../audit/plugin";
import { type EnforcementPolicy, resolvePolicy } from "../enforcement/policy";
import { modelNotAllowed, noDeployment, unknownModel } from "../errors/catalogue";
import { resolveScreening, type Screening } from "../guardrails/screening";
import { allowedModels, type Caller, callerOf } from "../identity/caller";
import type { ModelCatalog } from "../providers/deployment";
import { type DeploymentGroup, findGroup, mayUseModel } from "../providers/model-groups";
import type { GenerationDependencies, Guardrails } from "./dependencies";

/** Who asks, who may answer, and the prompt that is enforced. */
export interface Authorization {
  readonly caller: Caller;
  readonly group: DeploymentGroup;
  readonly policy: EnforcementPolicy;
}

/**
 * Holds a request to what its caller may do, and records in the audit row and a header which prompt is enforced.
 * @throws GatewayError when the caller may not use the model, or nothing serves it, or its places are taken
 */
export function authorize(
  dependencies: Pick<GenerationDependencies, "catalog" | "levels" | "prompts">,
  { request, reply, audit }: AuditedExchange,
  model: string,
): Authorization {
  const caller = callerOf(request);
  const group = selectGroup(dependencies.catalog, caller, model);
  request.holdForModel(reply, model);
  const policy = policyOf(caller, dependencies);
  audit.recordPolicy(policy.level, policy.blocks[0]?.sha256 ?? null);
  if (policy.promptId !== null) reply.header("x-enforced-prompt", policy.promptId);
  return { caller, group, policy };
}

/** The deployments that serve a model. @throws GatewayError when the caller may not use it, or nothing serves it */
export function selectGroup(catalog: ModelCatalog, caller: Caller, model: string): DeploymentGroup {
  const allowed = allowedModels(caller);
  if (!mayUseModel(allowed, model)) throw modelNotAllowed(model, allowed);
  const group = findGroup(catalog, model);
  if (group === "unknown-model") throw unknownModel(model);
  if (group === "none-available") throw noDeployment(model);
  return group;
}

const UNRESTRICTED = { enforcement_level: "unrestricted" };

/**
 * The enforced prompt of the caller's key. The master key has none: it is no developer's.
 * @throws GatewayError 503 when the prompt is not available
 */
function policyOf(
  caller: Caller,
  { levels, prompts }: Pick<GenerationDependencies, "levels" | "prompts">,
): EnforcementPolicy {
  return resolvePolicy(levels, prompts, caller.kind === "key" ? caller.key.metadata : UNRESTRICTED);
}

/**
 * What is looked for in a caller's requests. The master key has no metadata, so the default holds for it.
 * @throws GatewayError 503 when the key says something that is not known
 */
export function screeningOf(caller: Caller, guardrails: Guardrails): Screening | undefined {
  const metadata = caller.kind === "key" ? caller.key.metadata : {};
  const screening = resolveScreening(guardrails.settings(), metadata);
  if (screening === undefined) return undefined;
  let isReported = false;
  return {
    ...screening,
    // A request is written anew for each deployment that is tried; it is the same finding.
    onFindings: (findings) => {
      if (!isReported) guardrails.onFindings(screening.action, findings);
      isReported = true;
    },
  };
}
