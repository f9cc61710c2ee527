import { nanoUsdToUsd } from "../../shared/nano-usd";
import { GatewayError, shorten } from "./gateway-error";

/** Refusals of a caller: who it is is not known, or not enough. */

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
    "Keys cannot be verified yet: the database is not connected. Try again shortly.",
    {
      retryAfterSeconds: 2,
    },
  );

export const adminOnly = (route: string) =>
  new GatewayError(403, "auth_error", `Authentication Error, Only proxy admin can be used to call ${route}.`);

export const notYourKey = () =>
  new GatewayError(403, "auth_error", "A virtual key may only read its own information.");

/** Keys that are there already, or are not. */

export const aliasTaken = (alias: string) =>
  new GatewayError(400, "bad_request_error", `Key with alias '${alias}' already exists.`, {
    param: "key_alias",
  });

export const keyTaken = () =>
  new GatewayError(400, "bad_request_error", "This key already exists.", { param: "key" });

export const keyNotFound = () =>
  new GatewayError(404, "not_found_error", "Key not found in database", { param: "key" });

/** Refusals of a model: not allowed, not known, or nothing that serves it. */

export const modelNotAllowed = (model: string, allowed: readonly string[] = []) =>
  new GatewayError(
    403,
    "key_model_access_denied",
    `key not allowed to access model. This key can only access models=[${allowed.join(", ")}]. Tried to access ${shorten(model)}.`,
    { param: "model" },
  );

/** Status, type and code are OpenAI's own: SDKs and agents tell by them that the model's name is wrong. */
export const unknownModel = (model: string) =>
  new GatewayError(
    404,
    "invalid_request_error",
    `Invalid model name passed in model=${shorten(model)}. Call /v1/models to see what you may use.`,
    { code: "model_not_found", param: "model" },
  );

export const modelNotListed = (model: string) =>
  new GatewayError(
    404,
    "invalid_request_error",
    `The model ${shorten(model)} does not exist or you do not have access to it.`,
    { code: "model_not_found", param: "model" },
  );

export const noDeployment = (model: string) =>
  new GatewayError(503, "server_error", `No deployments available for selected model ${shorten(model)}.`, {
    code: "no_deployment",
  });

/** Every deployment of a model is cooling down. @param isRateLimit because of nothing but rate limits */
export const allCoolingDown = (isRateLimit: boolean, retryAfterSeconds: number) =>
  isRateLimit
    ? new GatewayError(
        429,
        "rate_limit_error",
        "All deployments of this model are cooling down after provider rate limits. Try again later.",
        {
          code: "rate_limit_exceeded",
          retryAfterSeconds,
        },
      )
    : new GatewayError(
        503,
        "server_error",
        "All deployments of this model are cooling down after failures. Try again later.",
        {
          code: "no_deployment",
          retryAfterSeconds,
        },
      );

/** Requests that are wrong in themselves, and clients that went away. */

export const invalidRequest = (message: string, param: string | null = null) =>
  new GatewayError(400, "invalid_request_error", message, { param });

export const routeNotFound = (method: string, path: string) =>
  new GatewayError(404, "invalid_request_error", `Unknown route: ${method} ${shorten(path)}`);

export const methodNotAllowed = (method: string, allowed: readonly string[]) =>
  new GatewayError(
    405,
    "invalid_request_error",
    `Method Not Allowed: ${method}. Use ${allowed.join(" or ")}.`,
  );

/** @param limit in bytes */
export const bodyTooLarge = (limit: number) =>
  new GatewayError(413, "invalid_request_error", `The request body is too large: at most ${limit} bytes.`);

export const bodyTooSlow = () => new GatewayError(408, "timeout", "Timed out waiting for the request body.");

export const unknownTransferCoding = () =>
  new GatewayError(
    501,
    "invalid_request_error",
    "This transfer-encoding is not supported; send the body with content-length or as chunked.",
    { code: "unsupported_transfer_encoding", param: "transfer-encoding" },
  );

export const tooManyValues = (most: number) =>
  new GatewayError(
    413,
    "invalid_request_error",
    `The request is too large: it holds more than ${most} values.`,
  );

export const clientClosed = () => new GatewayError(499, "client_closed", "The client closed the connection.");

/** What the gateway cannot do at the moment. */

export const overloaded = (what: string) =>
  new GatewayError(503, "server_error", `The gateway is overloaded: too many ${what}. Try again shortly.`, {
    code: "gateway_overloaded",
    retryAfterSeconds: 1,
  });

/** A model that has as many of the places for answers as it may, so that others have theirs; see docs/decisions/0035. */
export const modelOverloaded = (model: string) =>
  new GatewayError(
    503,
    "server_error",
    `Requests for model=${shorten(model)} use all the capacity that one model may have. Try again shortly, or use another model.`,
    { code: "model_overloaded", retryAfterSeconds: 5 },
  );

export const tooManyReports = () =>
  new GatewayError(
    429,
    "rate_limit_error",
    "Too many of your reports are queued. Try again when some have finished.",
    { code: "too_many_reports", retryAfterSeconds: 2 },
  );

export const reportTooSlow = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "The report timed out. Request a shorter period or fewer rows.",
    { code: "report_timeout", retryAfterSeconds: 5 },
  );

export const closing = () =>
  new GatewayError(503, "server_error", "The gateway is shutting down. Try again on a new connection.", {
    code: "shutting_down",
    retryAfterSeconds: 1,
  });

export const auditUnavailable = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "The request cannot be written to the audit log, so it is not accepted. Try again shortly.",
    {
      code: "audit_unavailable",
      retryAfterSeconds: 2,
    },
  );

export const auditNotCommitted = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "The response could not be written to the audit log in time, so it is incomplete.",
    {
      code: "audit_unavailable",
      retryAfterSeconds: 5,
    },
  );

export const databaseUnavailable = () =>
  new GatewayError(503, "service_unavailable", "The database is not available. Try again shortly.", {
    retryAfterSeconds: 2,
  });

export const shuttingDown = () =>
  new GatewayError(503, "server_error", "The gateway is shutting down and ended this response.", {
    code: "shutting_down",
    retryAfterSeconds: 1,
  });

export const internalError = (requestId: string) =>
  new GatewayError(500, "server_error", `Internal error. Quote request id ${requestId} when reporting it.`);

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
    `The rest of the budget (${details.scope}) is reserved by requests in flight. Try again shortly.`,
    { retryAfterSeconds: 1, fields: budgetFields(details) },
  );

/** A limit that is referred to and cannot be looked up must not be taken for no limit. */
export const namedBudgetMissing = (budgetId: string) =>
  new GatewayError(
    503,
    "service_unavailable",
    `The budget ${shorten(budgetId)}, referenced as budget_id by this key or its user, does not exist. Try again shortly, or ask an administrator to set another one.`,
    { code: "budget_unknown", retryAfterSeconds: 2 },
  );

export const priceUnknown = (model: string) =>
  new GatewayError(
    400,
    "invalid_request_error",
    `The price of model=${shorten(model)} is unknown, and this request counts against a budget. Ask an administrator to set prices in model_info.`,
    { code: "price_unknown", param: "model" },
  );

/** @param param path of what has no upper bound @param reason why it has none, as a clause */
export const costUnbounded = (param: string, reason: string) =>
  new GatewayError(
    400,
    "invalid_request_error",
    `${param}: ${reason}, and this request counts against a budget. Remove it, or ask an administrator for a key without a budget.`,
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

/** Refusals that only management calls know. */

export const roleMayNot = (role: string, route: string) =>
  new GatewayError(403, "auth_error", `Authentication Error, The role ${role} may not call ${route}.`);

/** A change of metadata after which a key would have a looser enforcement level, or its requests would be screened less. */
export const mayNotLoosen = () =>
  new GatewayError(
    403,
    "auth_error",
    "Authentication Error, Only an administrator may lower the enforcement level or the guardrails of a key. Keep metadata.enforcement_level, metadata.scope and metadata.guardrails as they are.",
    { param: "metadata" },
  );

/** A key that the role provisioner would leave without a budget. */
export const mustHaveBudget = () =>
  new GatewayError(
    403,
    "auth_error",
    "Authentication Error, The role provisioner makes keys with a budget only and may not remove one. Set max_budget, in USD.",
    { param: "max_budget" },
  );

/** What no schema here foresaw; repeating it is of no use, so it must not look like an outage. */
export const valueRefused = () =>
  new GatewayError(400, "bad_request_error", "The database cannot store one of the values of this request.");

export const tokenNameTaken = (name: string) =>
  new GatewayError(400, "bad_request_error", `Admin token with name '${name}' already exists.`, {
    param: "name",
  });

export const userTaken = (what: string) =>
  new GatewayError(409, "bad_request_error", `User with ${what} already exists.`, { param: "user_id" });

export const userNotFound = () =>
  new GatewayError(404, "not_found_error", "User not found in database", { param: "user_id" });

export const notYourUser = () =>
  new GatewayError(403, "auth_error", "A virtual key may only read its own user.");

export const budgetTaken = (budgetId: string) =>
  new GatewayError(400, "bad_request_error", `Budget with id '${budgetId}' already exists.`, {
    param: "budget_id",
  });

export const budgetNotFound = () =>
  new GatewayError(404, "not_found_error", "Budget not found in database", { param: "budget_id" });

export const tokenNotFound = () =>
  new GatewayError(404, "not_found_error", "Admin token not found in database", { param: "name" });

const unavailable = (message: string) =>
  new GatewayError(503, "service_unavailable", message, {
    code: "enforcement_unavailable",
    retryAfterSeconds: 5,
  });

/** The rules of a level cannot be read, so nothing is sent without them. */
export const promptUnavailable = (level: string) =>
  unavailable(
    `The enforced prompt of enforcement level ${level} are not available, so the request is not sent. Ask an administrator to restore the prompt file.`,
  );

/** A key names a level that is not configured; guessing one could weaken its rules. */
export const levelUnknown = (level: unknown, known: readonly string[]) =>
  unavailable(
    `metadata.enforcement_level of this key is ${describeLevel(level)}, which is not configured. Known levels: ${known.join(", ")}. Ask an administrator to correct the key.`,
  );

/** A request that an enforced key may not send. @param param path of the field, such as `messages.3.content.0` */
export const notWhenEnforced = (param: string, reason: string) =>
  new GatewayError(400, "invalid_request_error", `${param}: ${reason}`, {
    code: "enforcement_refused",
    param,
  });

/**
 * A conversation that the provider would keep. The code is Anthropic's: by it the tool runner of its SDK knows to send
 * the whole conversation itself, and goes on.
 */
export const threadUnsupported = () =>
  new GatewayError(
    400,
    "invalid_request_error",
    "thread: stored conversations are not supported; remove it and send all messages",
    { code: "thread_unsupported_request", param: "thread" },
  );

/** The bytes to send are not what the policy demands: a fault of the gateway, and nothing was sent. */
export const enforcementViolated = (what: string) =>
  new GatewayError(500, "server_error", `The request was not sent: ${what}.`, {
    code: "enforcement_violated",
  });

function describeLevel(level: unknown): string {
  return typeof level === "string" ? JSON.stringify(level.slice(0, 64)) : `of kind ${kind(level)}`;
}

function kind(value: unknown): string {
  return Array.isArray(value) ? "list" : typeof value;
}

/** Findings that an error lists. */
const MAX_LISTED = 20;

/** Where a pattern matched in a request; never the content itself. */
interface Match {
  readonly patternId: string;
  readonly path: string;
  readonly count: number;
}

/** A request with something that may not leave. Says what and where, never the content. @param patternIds each once */
export const contentBlocked = (findings: readonly Match[], patternIds: readonly string[]) =>
  new GatewayError(
    400,
    // Audit rows keep the type: it tells these apart from requests that were merely wrong.
    "content_blocked",
    `The request was blocked: it contains what this key may not send (${patternIds.join(", ")}), ${describePlaces(findings)}. Remove it and try again.`,
    {
      code: "content_blocked",
      param: findings[0]?.path ?? null,
      fields: {
        findings: findings
          .slice(0, MAX_LISTED)
          .map(({ patternId, path, count }) => ({ pattern: patternId, path, count })),
      },
    },
  );

/** A key says something about its screening that cannot be understood. */
export const screeningUnknown = (field: string, value: unknown, allowed: string) =>
  new GatewayError(
    503,
    "service_unavailable",
    `metadata.${field} of this key is ${describeValue(value)}, which is not supported. Allowed: ${allowed}. Ask an administrator to correct the key.`,
    { code: "guardrails_unavailable", retryAfterSeconds: 5 },
  );

function describePlaces(findings: readonly Match[]): string {
  const places = [...new Set(findings.map(({ path }) => path))];
  const listed = places.slice(0, 5).join(", ");
  return places.length > 5 ? `at ${listed} and ${places.length - 5} other places` : `at ${listed}`;
}

function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  return `of kind ${Array.isArray(value) ? "list" : typeof value}`;
}
