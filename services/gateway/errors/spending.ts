import { nanoUsdToUsd } from "../pricing/money";
import { GatewayError } from "./gateway-error";
import { shorten } from "./shorten";

/** Refusals for money and limits. */

/** A budget as its error tells of it; amounts in nano-USD. */
interface BudgetDetails {
  readonly scope: string;
  readonly limitNano: number;
  readonly spentNano: number;
  /** Least that the request needs. */
  readonly neededNano: number;
  readonly endsAt: Date | null;
}

const budgetFields = ({ scope, limitNano, spentNano, endsAt }: BudgetDetails) => ({
  scope,
  limit: nanoUsdToUsd(limitNano),
  spent: nanoUsdToUsd(spentNano),
  resets_at: endsAt?.toISOString() ?? null,
});

/** 402, because clients repeat a 429 by themselves, and repeating is of no use here; see docs/decisions/0029. */
export const budgetExceeded = (details: BudgetDetails) =>
  new GatewayError(
    402,
    "budget_exceeded",
    `Budget has been exceeded! Current cost: ${nanoUsdToUsd(details.spentNano)}, Max budget: ${nanoUsdToUsd(details.limitNano)} (${details.scope}). This request needs up to ${nanoUsdToUsd(details.neededNano)} USD.`,
    { fields: budgetFields(details) },
  );

export const budgetReserved = (details: BudgetDetails) =>
  new GatewayError(
    429,
    "budget_reserved",
    `The rest of the budget (${details.scope}) is reserved by requests that are running. Try again shortly.`,
    { retryAfterSeconds: 1, fields: budgetFields(details) },
  );

/** A limit that is referred to and cannot be looked up must not be taken for no limit. */
export const namedBudgetMissing = (budgetId: string) =>
  new GatewayError(
    503,
    "service_unavailable",
    `The budget ${shorten(budgetId)}, which this key or its user refers to by budget_id, is not known. Try again shortly, or ask an administrator to name another one.`,
    { code: "budget_unknown", retryAfterSeconds: 2 },
  );

export const priceUnknown = (model: string) =>
  new GatewayError(
    400,
    "invalid_request_error",
    `The price of model=${shorten(model)} is not known, and this request has a budget. Ask an administrator to set model_info prices.`,
    { code: "price_unknown", param: "model" },
  );

/** @param param path of what has no upper bound @param reason why it has none, as a clause */
export const costUnbounded = (param: string, reason: string) =>
  new GatewayError(
    400,
    "invalid_request_error",
    `${param}: ${reason}, and this request has a budget. Leave it out, or ask an administrator for a key without a budget.`,
    { code: "cost_unbounded", param },
  );

/** A limit as its error tells of it. */
interface LimitDetails {
  readonly kind: "requests" | "tokens" | "counts" | "max_parallel_requests";
  /** Whose limit, as LiteLLM names it: `api_key: <SHA-256 of the key>` or `user: <user id>`. */
  readonly subject: string;
  readonly limit: number;
  readonly retryAfterSeconds: number;
  readonly resetsAt: Date;
}

export const rateLimited = ({ kind, subject, limit, retryAfterSeconds, resetsAt }: LimitDetails) =>
  new GatewayError(
    429,
    "rate_limit_error",
    `Rate limit exceeded for ${subject}. Limit type: ${kind}. Current limit: ${limit}, Remaining: 0. Limit resets at: ${resetsAt.toISOString().slice(0, 19).replace("T", " ")} UTC`,
    { retryAfterSeconds },
  );
