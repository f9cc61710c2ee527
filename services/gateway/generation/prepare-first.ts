import type { Deployment } from "../routing/deployment";
import type { DeploymentGroup } from "../routing/find-group";
import { TranslationError } from "../translate/translation-error";
import { type GenerationRequest, type PreparedMessage, prepareMessage } from "./prepare-message";
import type { AnswerPlan } from "./wire-api";

/** The deployments that are asked, and what the first of them is sent. */
export interface FirstMessage<Plan> {
  readonly group: DeploymentGroup;
  readonly first: PreparedMessage<Plan>;
}

/**
 * Writes a request for the first deployment that can be sent it: one may fetch images that another does not. Those before it
 * are left out.
 * @throws TranslationError of the first deployment when none can; GatewayError
 */
export function prepareFirst<Plan extends AnswerPlan>(
  asked: GenerationRequest<Plan>,
  group: DeploymentGroup,
): FirstMessage<Plan> {
  let refusal: TranslationError | undefined;
  for (const [index, deployment] of group.entries()) {
    const first = prepare(asked, deployment);
    if (first instanceof TranslationError) refusal ??= first;
    else return { first, group: index === 0 ? group : [deployment, ...group.slice(index + 1)] };
  }
  throw refusal as TranslationError;
}

/** A request as it is sent to a deployment; `undefined` when that one cannot be sent it. @throws GatewayError */
export function prepareOther<Plan extends AnswerPlan>(
  asked: GenerationRequest<Plan>,
  deployment: Deployment,
  maxTokens: number | undefined,
): PreparedMessage<Plan> | undefined {
  const prepared = prepare(asked, deployment, maxTokens);
  return prepared instanceof TranslationError ? undefined : prepared;
}

function prepare<Plan extends AnswerPlan>(
  asked: GenerationRequest<Plan>,
  deployment: Deployment,
  maxTokens?: number,
): PreparedMessage<Plan> | TranslationError {
  try {
    return prepareMessage(asked, deployment, maxTokens);
  } catch (error) {
    if (error instanceof TranslationError) return error;
    throw error;
  }
}
