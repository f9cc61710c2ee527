import type { AuditDraft } from "../audit/draft";
import { budgetExceeded, budgetReserved, priceUnknown } from "../errors";
import type { TokenPrices } from "../pricing/cost";
import type { BudgetAccount } from "./budgets-of-request";
import { affordableTokens, boundCost } from "./cost-bound";
import type { Ledger } from "./ledger";
import { Reservation } from "./reservation";

/** The part of an upstream request that decides what it can cost. */
interface Priced {
  readonly max_tokens: number;
  readonly messages: readonly unknown[];
}

/** A request, and who pays for it. */
export interface PayingRequest<Message extends Priced> {
  readonly budgets: readonly BudgetAccount[];
  readonly model: string;
  readonly message: Message;
  /** Prices of every deployment that may answer. */
  readonly prices: readonly (TokenPrices | undefined)[];
}

/**
 * Puts aside what the request can cost at most, and makes that durable, so that a crash is accounted for. When
 * only less is to be had, the longest answer is made shorter rather than the budget softer.
 * @returns the message to send: the given one, or one with a lower `max_tokens`
 * @throws GatewayError 402 when the budget is spent, 429 when running requests hold the rest, 400 without a price
 */
export async function reserveForRequest<Message extends Priced>(
  ledger: Ledger,
  draft: AuditDraft,
  { budgets, model, message, prices }: PayingRequest<Message>,
): Promise<Message> {
  if (budgets.length === 0) return message;
  const known = prices.filter((price) => price !== undefined);
  if (known.length === 0 || known.length < prices.length) throw priceUnknown(model);
  const size = {
    bytes: Buffer.byteLength(JSON.stringify(message)),
    turns: message.messages.length,
    maxTokens: message.max_tokens,
  };
  const bounds = boundCost(size, known);
  const result = await ledger.reserve(budgets, bounds);
  if (!(result instanceof Reservation)) {
    const account = budgets.find((budget) => budget.account === result.budget.account);
    if (account === undefined) throw new Error("refused by a budget that was not asked");
    const details = { ...account, spentNano: result.spentNano, neededNano: bounds.leastNano };
    throw result.reason === "spent" ? budgetExceeded(details) : budgetReserved(details);
  }
  await draft.beginSpending(result);
  const maxTokens = affordableTokens(size, known, result.amountNano);
  return maxTokens < message.max_tokens ? { ...message, max_tokens: maxTokens } : message;
}
