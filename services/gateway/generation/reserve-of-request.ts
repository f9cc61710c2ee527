import type { FastifyRequest } from "fastify";
import { budgetsOf } from "../ledger/budgets-of-request";
import { reserveForRequest } from "../ledger/reserve-for-request";
import { callerOf } from "../plugins/auth";
import type { DeploymentGroup } from "../routing/find-group";
import { findCapabilities } from "../translate/to-messages/model-capabilities";
import type { GenerationTools } from "./generation-tools";
import type { PreparedMessage } from "./prepare-message";
import type { AnswerPlan } from "./wire-api";

/**
 * Puts aside what the answer can cost. @returns a lower `max_tokens`, where only less is to be had
 * @throws GatewayError 402, 429
 */
export async function reserveOfRequest<Plan extends AnswerPlan>(
  { ledger, catalog }: Pick<GenerationTools, "ledger" | "catalog">,
  request: FastifyRequest,
  group: DeploymentGroup,
  { request: message, sealed }: PreparedMessage<Plan>,
): Promise<number | undefined> {
  const { audit } = request;
  if (audit === undefined) return undefined;
  const caller = callerOf(request);
  const allowances = caller.kind === "key" ? caller.allowances : [];
  const { endUser, startedAt } = audit;
  const { maxEndUserBudgetNano } = catalog;
  const affordable = await reserveForRequest(ledger, audit, {
    budgets: budgetsOf({ allowances, endUser, maxEndUserBudgetNano }, startedAt),
    model: audit.modelRequested ?? message.model,
    message,
    bytes: sealed.byteLength,
    prices: group.map(({ prices }) => prices),
    windowTokens: Math.max(
      ...group.map(
        ({ maxInputTokens, baseModel, upstreamModel }) =>
          maxInputTokens ?? findCapabilities(baseModel ?? upstreamModel).maxInputTokens,
      ),
    ),
  });
  return affordable.max_tokens < message.max_tokens ? affordable.max_tokens : undefined;
}
