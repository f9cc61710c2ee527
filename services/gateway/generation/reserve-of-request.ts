import type { FastifyRequest } from "fastify";
import { budgetsOf } from "../ledger/budgets-of-request";
import { reserveForRequest } from "../ledger/reserve-for-request";
import { callerOf } from "../plugins/auth";
import { computeCostNanoUsd } from "../pricing/cost";
import { isBilledWhole } from "../routing/deployment";
import type { DeploymentGroup } from "../routing/find-group";
import type { GenerationTools } from "./generation-tools";
import { estimatePrompt, windowTokensOf } from "./prepare-attempt";
import type { PreparedMessage } from "./prepare-message";
import type { AnswerPlan } from "./wire-api";

/** Bytes that a body may have more for another deployment: its model's name, and what its API is told beside. */
const OTHER_BODY_BYTES = 512;

/**
 * Puts aside what the answer can cost, and what deployments that fail may bill before it. @returns a lower `max_tokens`, where only less is to be had
 * @throws GatewayError 402, 429
 */
export async function reserveOfRequest<Plan extends AnswerPlan>(
  { ledger, catalog }: Pick<GenerationTools, "ledger" | "catalog">,
  request: FastifyRequest,
  group: DeploymentGroup,
  first: PreparedMessage<Plan>,
): Promise<number | undefined> {
  const { audit } = request;
  if (audit === undefined) return undefined;
  const caller = callerOf(request);
  const allowances = caller.kind === "key" ? caller.allowances : [];
  const { endUser, startedAt } = audit;
  const { maxEndUserBudgetNano } = catalog;
  const budgets = budgetsOf({ allowances, endUser, maxEndUserBudgetNano }, startedAt);
  if (budgets.length === 0) return undefined;
  const { request: message, sealed } = first;
  const affordable = await reserveForRequest(ledger, audit, {
    budgets,
    model: audit.modelRequested ?? message.model,
    message,
    bytes: sealed.byteLength + (group.length > 1 ? OTHER_BODY_BYTES : 0),
    prices: group.map(({ prices }) => prices),
    windowTokens: Math.max(...group.map(windowTokensOf)),
    failoverNano: boundFailover(group, first, catalog.routing.maxAttempts),
  });
  return affordable.max_tokens < message.max_tokens ? affordable.max_tokens : undefined;
}

/** What deployments may bill that fail before another one is asked, in nano-USD: the dearest ones. */
function boundFailover(
  group: DeploymentGroup,
  first: PreparedMessage<AnswerPlan>,
  maxAttempts: number,
): number {
  const failing = Math.min(group.length, maxAttempts) - 1;
  if (failing <= 0) return 0;
  const prompt = estimatePrompt(first);
  const costs = group.map((deployment) => {
    const outputTokens = isBilledWhole(deployment) ? first.request.max_tokens : 0;
    const { prices } = deployment;
    return prices === undefined ? 0 : computeCostNanoUsd({ ...prompt, outputTokens }, prices);
  });
  return costs
    .sort((left, right) => right - left)
    .slice(0, failing)
    .reduce((sum, cost) => sum + cost, 0);
}
