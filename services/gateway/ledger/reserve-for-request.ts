import type { AuditDraft } from "../audit/draft";
import { budgetExceeded, budgetReserved, costUnbounded, priceUnknown } from "../errors";
import type { TokenPrices } from "../pricing/cost";
import type { BudgetAccount } from "./budgets-of-request";
import { affordableTokens, boundCost } from "./cost-bound";
import type { Ledger } from "./ledger";
import { type MeasuredRequest, measureRequest } from "./measure-request";
import { Reservation } from "./reservation";
import { shortenAnswer } from "./shorten-answer";

/** A request, and who pays for it. */
export interface PayingRequest<Message extends MeasuredRequest> {
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
export async function reserveForRequest<Message extends MeasuredRequest>(
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
