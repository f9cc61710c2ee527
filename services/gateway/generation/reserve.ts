import type { AuditedRequest } from "../audit/plugin";
import { budgetExceeded, budgetReserved, costUnbounded, priceUnknown } from "../errors/catalogue";
import { type BudgetAccount, budgetsOf } from "../money/ledger/budgets-of-request";
import {
  affordableTokens,
  boundCost,
  type CostBounds,
  measureRequest,
  type RequestSize,
} from "../money/ledger/cost-bound";
import { type Ledger, Reservation } from "../money/ledger/ledger";
import { computeCostNanoUsd, type TokenPrices } from "../money/pricing/cost";
import { type Deployment, type DeploymentGroup, isBilledWhole } from "../providers/deployment";
import type { GenerationDependencies } from "./dependencies";
import { estimatePrompt, type PreparedMessage, windowTokensOf } from "./prepare";

/** Bytes that a body may have more for another deployment: its model's name, and what its API is told beside. */
const OTHER_BODY_BYTES = 512;

/** What a request may ask for that no budget limits, in tokens. */
const UNLIMITED = Number.POSITIVE_INFINITY;

/**
 * Reserves what the answer can cost at most, and what deployments that fail may bill before it, and makes that durable, so
 * that a crash is accounted for. When only less is to be had, the longest answer is made shorter rather than the budget softer.
 * @returns most output tokens that any attempt may ask for; infinite without a budget, and where the budget pays for all that
 * the first deployment is asked for. Later attempts are held to what is left of the reservation besides
 * @throws GatewayError 402 when the budget is spent, 429 when running requests hold the rest, 400 without a price
 * or a bound
 */
export async function reserve(
  { ledger, catalog }: Pick<GenerationDependencies, "ledger" | "catalog">,
  { audit, caller }: Pick<AuditedRequest, "audit" | "caller">,
  group: DeploymentGroup,
  first: PreparedMessage<unknown>,
): Promise<number> {
  const allowances = caller.kind === "key" ? caller.allowances : [];
  const { endUser, startedAt } = audit;
  const { maxEndUserBudgetNano } = catalog;
  const budgets = budgetsOf({ allowances, endUser, maxEndUserBudgetNano }, startedAt);
  if (budgets.length === 0) return UNLIMITED;
  const priced = requirePrices(group, audit.modelRequested ?? first.request.model);
  const prices = priced.map((deployment) => deployment.prices);
  const size = sizeOf(first, group);
  const bounds = boundCost(size, prices);
  const failoverNano = boundFailover(priced, first, catalog.routing.maxAttempts);
  const reservation = await reserveIn(ledger, budgets, {
    ...bounds,
    fullNano: bounds.fullNano + failoverNano,
  });
  await audit.beginSpending(reservation);
  const tokens = affordableTokens(size, prices, reservation.amountNano);
  return tokens < size.maxTokens ? tokens : UNLIMITED;
}

type PricedDeployment = Deployment & { readonly prices: TokenPrices };

/** @throws GatewayError 400 when a deployment has no price */
function requirePrices(group: DeploymentGroup, model: string): readonly PricedDeployment[] {
  const hasPrices = (deployment: Deployment): deployment is PricedDeployment =>
    deployment.prices !== undefined;
  if (!group.every(hasPrices)) throw priceUnknown(model);
  return group;
}

/** The size of a message for whichever deployment answers. @throws GatewayError 400 when nothing bounds it */
function sizeOf({ request, sealed }: PreparedMessage<unknown>, group: DeploymentGroup): RequestSize {
  const bytes = sealed.byteLength + (group.length > 1 ? OTHER_BODY_BYTES : 0);
  const size = measureRequest(request, bytes, Math.max(...group.map(windowTokensOf)));
  if ("param" in size) throw costUnbounded(size.param, size.reason);
  return size;
}

/** What deployments may bill that fail before another one is asked, in nano-USD: the dearest ones. */
function boundFailover(
  group: readonly PricedDeployment[],
  first: PreparedMessage<unknown>,
  maxAttempts: number,
): number {
  const failing = Math.min(group.length, maxAttempts) - 1;
  if (failing <= 0) return 0;
  const prompt = estimatePrompt(first);
  const costs = group.map((deployment) => {
    const outputTokens = isBilledWhole(deployment) ? first.request.max_tokens : 0;
    return computeCostNanoUsd({ ...prompt, outputTokens }, deployment.prices);
  });
  return costs
    .sort((left, right) => right - left)
    .slice(0, failing)
    .reduce((sum, cost) => sum + cost, 0);
}

/** @throws GatewayError 402 when a budget is spent, 429 when running requests hold the rest of it */
async function reserveIn(
  ledger: Ledger,
  budgets: readonly BudgetAccount[],
  bounds: CostBounds,
): Promise<Reservation> {
  const result = await ledger.reserve(budgets, bounds);
  if (result instanceof Reservation) return result;
  const account = budgets.find((budget) => budget.account === result.budget.account);
  if (account === undefined) throw new Error("refused by a budget that was not asked");
  const details = { ...account, spentNano: result.spentNano, neededNano: bounds.leastNano };
  throw result.reason === "spent" ? budgetExceeded(details) : budgetReserved(details);
}
