import type { FastifyRequest } from "fastify";
import type { AuditDraft } from "../audit/draft";
import { budgetExceeded, budgetReserved, costUnbounded, priceUnknown } from "../errors/catalogue";
import { callerOf } from "../identity/caller";
import { type BudgetAccount, budgetsOf } from "../money/ledger/budgets-of-request";
import {
  affordableTokens,
  boundCost,
  type MeasuredRequest,
  measureRequest,
} from "../money/ledger/cost-bound";
import { type Ledger, Reservation } from "../money/ledger/ledger";
import { computeCostNanoUsd, type TokenPrices } from "../money/pricing/cost";
import { isBilledWhole } from "../providers/deployment";
import type { DeploymentGroup } from "../providers/model-groups";
import type { GenerationTools } from "./dependencies";
import { estimatePrompt, windowTokensOf } from "./prepare-attempt";
import { type PreparedMessage, shortenAnswer } from "./prepare-message";
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

/** A request, and who pays for it. */
interface PayingRequest<Message extends MeasuredRequest> {
  readonly budgets: readonly BudgetAccount[];
  readonly model: string;
  readonly message: Message;
  /** Of the body as it will be sent. @default - those of `message` as JSON */
  readonly bytes?: number;
  /** Prices of every deployment that may answer. */
  readonly prices: readonly (TokenPrices | undefined)[];
  /** The longest prompt that any of them takes, in tokens. */
  readonly windowTokens: number;
  /** What deployments may bill that fail first, in nano-USD; put aside as well where there is plenty. @default 0 */
  readonly failoverNano?: number;
}

/**
 * Puts aside what the request can cost at most, and makes that durable, so that a crash is accounted for. When
 * only less is to be had, the longest answer is made shorter rather than the budget softer.
 * @returns the message to send: the given one, or one with a lower `max_tokens`
 * @throws GatewayError 402 when the budget is spent, 429 when running requests hold the rest, 400 without a price
 * or a bound
 */
async function reserveForRequest<Message extends MeasuredRequest>(
  ledger: Ledger,
  draft: AuditDraft,
  { budgets, model, message, bytes, prices, windowTokens, failoverNano = 0 }: PayingRequest<Message>,
): Promise<Message> {
  if (budgets.length === 0) return message;
  const known = prices.filter((price) => price !== undefined);
  if (known.length === 0 || known.length < prices.length) throw priceUnknown(model);
  const size = measureRequest(message, bytes ?? Buffer.byteLength(JSON.stringify(message)), windowTokens);
  if ("param" in size) throw costUnbounded(size.param, size.reason);
  const bounds = boundCost(size, known);
  const result = await ledger.reserve(budgets, { ...bounds, fullNano: bounds.fullNano + failoverNano });
  if (!(result instanceof Reservation)) {
    const account = budgets.find((budget) => budget.account === result.budget.account);
    if (account === undefined) throw new Error("refused by a budget that was not asked");
    const details = { ...account, spentNano: result.spentNano, neededNano: bounds.leastNano };
    throw result.reason === "spent" ? budgetExceeded(details) : budgetReserved(details);
  }
  await draft.beginSpending(result);
  return shortenAnswer(message, affordableTokens(size, known, result.amountNano));
}
