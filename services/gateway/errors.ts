import { type OpenAiErrorBody, openAiErrorBody } from "../shared/error-body";
import { nanoUsdToUsd } from "./pricing/money";

/** An answer other than the one asked for. `code` is the status as text unless the case has a name of its own. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: string;
  readonly param: string | null;
  /** Seconds after which the caller may try again; sent as `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;
  /** Beside the four fields that every error has. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    details: {
      code?: string;
      param?: string | null;
      retryAfterSeconds?: number | undefined;
      fields?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message);
    this.code = details.code ?? String(status);
    this.param = details.param ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.fields = details.fields ?? {};
  }

  toBody(): OpenAiErrorBody {
    const { error } = openAiErrorBody(this.message, this.type, this.code, this.param);
    return { error: { ...error, ...this.fields } };
  }
}

export const noKey = () =>
  new GatewayError(
    401,
    "auth_error",
    "Authentication Error, No api key passed in. Send `Authorization: Bearer sk-...`.",
  );

export const malformedKey = () =>
  new GatewayError(
    401,
    "auth_error",
    "Authentication Error, Malformed API Key passed in. Use `Authorization: Bearer sk-...` or `x-api-key: sk-...`.",
  );

export const unknownKey = (keyName: string) =>
  new GatewayError(
    401,
    "token_not_found_in_db",
    `Authentication Error, Invalid proxy server token passed: ${keyName}.`,
    {
      param: "key",
    },
  );

export const expiredKey = (keyName: string, expiresAt: Date) =>
  new GatewayError(
    401,
    "expired_key",
    `Authentication Error - Expired Key. ${keyName} expired at ${expiresAt.toISOString()}.`,
    {
      param: keyName,
    },
  );

export const blockedKey = () =>
  new GatewayError(
    401,
    "auth_error",
    "Authentication Error, Key is blocked. Ask an administrator to unblock it.",
  );

export const keysNotLoaded = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "Keys cannot be checked: the database has not answered yet. Try again shortly.",
    {
      retryAfterSeconds: 2,
    },
  );

/** A limit that is referred to and cannot be looked up must not be taken for no limit. */
export const namedBudgetMissing = (budgetId: string) =>
  new GatewayError(
    503,
    "service_unavailable",
    `The budget ${shorten(budgetId)}, which this key or its user refers to by budget_id, is not known. Try again shortly, or ask an administrator to name another one.`,
    { code: "budget_unknown", retryAfterSeconds: 2 },
  );

export const adminOnly = (route: string) =>
  new GatewayError(403, "auth_error", `Authentication Error, Only proxy admin can be used to call ${route}.`);

export const notYourKey = () =>
  new GatewayError(403, "auth_error", "A virtual key may only read its own information.");

export const modelNotAllowed = (model: string, allowed: readonly string[] = []) =>
  new GatewayError(
    403,
    "key_model_access_denied",
    `key not allowed to access model. This key can only access models=[${allowed.join(", ")}]. Tried to access ${shorten(model)}.`,
    { param: "model" },
  );

export const unknownModel = (model: string) =>
  new GatewayError(
    400,
    "invalid_request_error",
    `Invalid model name passed in model=${shorten(model)}. Call /v1/models to see what you may use.`,
    {
      param: "model",
    },
  );

export const modelNotListed = (model: string) =>
  new GatewayError(
    404,
    "invalid_request_error",
    `The model ${shorten(model)} does not exist or you do not have access to it.`,
    {
      param: "model",
    },
  );

export const noDeployment = (model: string) =>
  new GatewayError(503, "server_error", `No deployments available for selected model ${shorten(model)}.`, {
    code: "no_deployment",
  });

/** Every deployment of a model is left alone for now. @param isRateLimit because of nothing but rate limits */
export const allCoolingDown = (isRateLimit: boolean, retryAfterSeconds: number) =>
  isRateLimit
    ? new GatewayError(
        429,
        "rate_limit_error",
        "The rate limits of all providers of this model are reached.",
        {
          code: "rate_limit_exceeded",
          retryAfterSeconds,
        },
      )
    : new GatewayError(503, "server_error", "All providers of this model failed a moment ago.", {
        code: "no_deployment",
        retryAfterSeconds,
      });

export const overloaded = (what: string) =>
  new GatewayError(
    503,
    "server_error",
    `The gateway has too many ${what} at the moment. Try again shortly.`,
    {
      code: "gateway_overloaded",
      retryAfterSeconds: 1,
    },
  );

export const closing = () =>
  new GatewayError(503, "server_error", "The gateway is shutting down. Try again on a new connection.", {
    code: "shutting_down",
    retryAfterSeconds: 1,
  });

export const invalidRequest = (message: string, param: string | null = null) =>
  new GatewayError(400, "invalid_request_error", message, { param });

export const aliasTaken = (alias: string) =>
  new GatewayError(400, "bad_request_error", `Key with alias '${alias}' already exists.`, {
    param: "key_alias",
  });

export const keyTaken = () =>
  new GatewayError(400, "bad_request_error", "This key already exists.", { param: "key" });

export const keyNotFound = () =>
  new GatewayError(404, "not_found_error", "Key not found in database", { param: "key" });

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

/** 402, because clients repeat a 429 by themselves, and repeating is of no use here. */
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

/** A limit as its error tells of it. */
interface LimitDetails {
  readonly kind: "requests" | "tokens" | "max_parallel_requests";
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

export const priceUnknown = (model: string) =>
  new GatewayError(
    400,
    "invalid_request_error",
    `The price of model=${shorten(model)} is not known, and this request has a budget. Ask an administrator to set model_info prices.`,
    { code: "price_unknown", param: "model" },
  );

/** @param param path of what has no upper bound */
export const costUnbounded = (param: string) =>
  new GatewayError(
    400,
    "invalid_request_error",
    `${param}: what this costs is not known beforehand, and this request has a budget. Leave it out, or ask an administrator for a key without a budget.`,
    { code: "cost_unbounded", param },
  );

export const routeNotFound = (method: string, path: string) =>
  new GatewayError(404, "invalid_request_error", `Unknown route: ${method} ${shorten(path)}`);

export const methodNotAllowed = (method: string, allowed: readonly string[]) =>
  new GatewayError(
    405,
    "invalid_request_error",
    `Method Not Allowed: ${method}. Use ${allowed.join(" or ")}.`,
  );

export const auditUnavailable = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "The request cannot be recorded now, so it is not accepted. Try again shortly.",
    {
      code: "audit_unavailable",
      retryAfterSeconds: 2,
    },
  );

export const auditNotCommitted = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "The answer could not be recorded in time, so it is not completed.",
    {
      code: "audit_unavailable",
      retryAfterSeconds: 5,
    },
  );

export const databaseUnavailable = () =>
  new GatewayError(503, "service_unavailable", "The database is not available. Try again shortly.", {
    retryAfterSeconds: 2,
  });

export const clientClosed = () => new GatewayError(499, "client_closed", "The client closed the connection.");

export const shuttingDown = () =>
  new GatewayError(503, "server_error", "The gateway is shutting down and had to end this answer.", {
    code: "shutting_down",
    retryAfterSeconds: 1,
  });

export const internalError = (requestId: string) =>
  new GatewayError(500, "server_error", `Internal error. Quote request id ${requestId} when you report it.`);

/** Client text inside a message is bounded, so that an error never echoes a whole body. */
function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
