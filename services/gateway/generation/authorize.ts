import type { FastifyReply } from "fastify";
import type { AuditedRequest } from "../audit/plugin";
import { type EnforcementPolicy, resolvePolicy } from "../enforcement/policy";
import { modelNotAllowed, noDeployment, unknownModel } from "../errors/catalogue";
import { resolveScreening, type Screening } from "../guardrails/screening";
import type { Caller } from "../identity/caller";
import type { DeploymentGroup, ModelCatalog } from "../providers/deployment";
import { mayUseModel } from "../providers/model-groups";
import type { GenerationDependencies, Guardrails } from "./dependencies";

/** Who may answer, the prompt that is enforced, and what is looked for in the request. */
export interface Authorization {
  readonly group: DeploymentGroup;
  readonly policy: EnforcementPolicy;
  /** `undefined`: texts are not looked at. */
  readonly screening: Screening | undefined;
}

const UNRESTRICTED = { enforcement_level: "unrestricted" };

/**
 * Holds a request to what its caller may do, and records in the audit row and a header which prompt is enforced. The master
 * key has no enforced prompt, as it is no developer's; it has no metadata either, so the default screening holds for it.
 * @throws GatewayError when the caller may not use the model, or nothing serves it, or its places are taken; 503 when the
 * enforced prompt is not available, or the key names a screening that is not known
 */
export function authorize(
  { catalog, levels, prompts, guardrails }: Omit<GenerationDependencies, "ledger">,
  request: AuditedRequest,
  reply: FastifyReply,
  model: string,
): Authorization {
  const { caller, audit } = request;
  const group = selectGroup(catalog, caller.models, model);
  request.holdForModel(reply, model);
  const metadata = caller.kind === "key" ? caller.key.metadata : undefined;
  const policy = resolvePolicy(levels, prompts, metadata ?? UNRESTRICTED);
  audit.recordPolicy(policy.level, policy.blocks[0]?.sha256 ?? null);
  if (policy.promptId !== null) reply.header("x-enforced-prompt", policy.promptId);
  return { group, policy, screening: screeningOf(guardrails, metadata ?? {}) };
}

/** The deployments that serve a model. @throws GatewayError when the caller may not use it, or nothing serves it */
export function selectGroup(
  catalog: Pick<ModelCatalog, "groups">,
  allowed: Caller["models"],
  model: string,
): DeploymentGroup {
  if (!mayUseModel(allowed, model)) throw modelNotAllowed(model, allowed);
  const group = catalog.groups.get(model);
  if (group === undefined) throw unknownModel(model);
  const [first, ...others] = group;
  if (first === undefined) throw noDeployment(model);
  return [first, ...others];
}

function screeningOf(
  { settings, onFindings }: Guardrails,
  metadata: Readonly<Record<string, unknown>>,
): Screening | undefined {
  const screening = resolveScreening(settings(), metadata);
  if (screening === undefined) return undefined;
  let isReported = false;
  return {
    ...screening,
    // A request is written anew for each deployment that is tried; it is the same finding.
    onFindings: (findings) => {
      if (!isReported) onFindings(screening.action, findings);
      isReported = true;
    },
  };
}
