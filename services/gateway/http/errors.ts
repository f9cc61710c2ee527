import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { BodyValidationError } from "../../shared/zod-validator";
import {
  aliasTaken,
  budgetTaken,
  databaseUnavailable,
  internalError,
  invalidRequest,
  keyTaken,
  methodNotAllowed,
  reportTooSlow,
  routeNotFound,
  tokenNameTaken,
  userTaken,
  valueRefused,
} from "../errors/catalogue";
import { GatewayError } from "../errors/gateway-error";
import { TranslationError } from "../json/client-value";
import { TokenNameTakenError } from "../store/admin-token-store";
import { AliasTakenError, KeyTakenError, StoreUnavailableError, ValueRefusedError } from "../store/key-store";
import { NamedBudgetTakenError } from "../store/named-budget-store";
import { ReportTooSlowError } from "../store/spend-reader";
import { UserTakenError } from "../store/user-store";
import { toMessagesError, toMessagesStatus } from "../wire/messages/answer";
import { setOptionalHeader } from "./response-headers";

/** What the plugin needs. */
interface ErrorRepliesOptions {
  /** Told of every error that is answered. @param reason its code, or its type where the code is the status; their number is known */
  readonly onError: (reason: string) => void;
}

/** Every error in the words that its caller understands, and 404 and 405 for what no route answers. */
export const errorReplies = fp<ErrorRepliesOptions>(
  async (app, { onError }) => {
    const methodsOf = collectMethods(app);

    app.setErrorHandler(async (error, request, reply) => {
      const known = toGatewayError(error, request.id);
      if (known.status === 500) request.log.error({ err: error, requestId: request.id }, "internal error");
      onError(/^\d+$/.test(known.code) ? known.type : known.code);
      request.audit?.recordError(known);
      setRetryHeaders(reply, known);
      const { status, body } = toWireError(known, request);
      return reply.code(status).send(body);
    });

    // Before anything of a body is read: whoever has no route here has no business with the memory either.
    app.addHook("onRequest", (request, reply, done) => {
      if (request.is404) throw refuseUnknown(request, reply);
      done();
    });

    function refuseUnknown(request: FastifyRequest, reply: FastifyReply): GatewayError {
      const path = request.url.split("?", 1)[0] ?? "";
      const allowed = methodsOf(withPlainSlashes(path));
      if (allowed.length === 0) return routeNotFound(request.method, path);
      reply.header("allow", allowed.join(", "));
      return methodNotAllowed(request.method, allowed);
    }
  },
  { name: "error-replies", dependencies: ["request-id"] },
);

/** A path as the router takes it: neither repeated slashes nor one at the end make another one of it. */
function withPlainSlashes(path: string): string {
  return path.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
}

/** Remembers the routes. @returns path → methods that it answers */
function collectMethods(app: FastifyInstance): (path: string) => string[] {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    const pattern = url
      .split("/")
      .map((part) => (part.startsWith(":") ? "[^/]+" : part.replace(/[^\w-]/g, "\\$&")))
      .join("/");
    routes.push({ pattern: new RegExp(`^${pattern}$`), methods: [method].flat() });
  });
  return (path) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)),
  ];
}

/**
 * A path that no router can read, such as `/v1/%zz`: the framework answers it before there is a route, a hook or an error handler.
 * @returns the error's type
 */
export function answerUrlError(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): string {
  const refusal = invalidRequest("The request path is malformed.");
  const { status, body } = toWireError(refusal, request);
  void reply.code(status).header("x-request-id", request.id).send(body);
  return refusal.type;
}

/** An error as a wire API says it. */
export interface WireError {
  readonly status: number;
  readonly body: object;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** How the route's wire API says an error. @default - as Anthropic's for its clients, otherwise as OpenAI's */
    toError?: (error: GatewayError, requestId: string) => WireError;
  }
}

/** Whether a client says that it speaks Anthropic's API, which all of its own do. */
export function speaksAnthropic({ headers }: Pick<FastifyRequest, "headers">): boolean {
  return headers["anthropic-version"] !== undefined;
}

/** An error as the caller understands it: in the words of the route's wire API, or of the caller's where the route has none. */
export function toWireError(error: GatewayError, request: FastifyRequest): WireError {
  const { toError } = request.routeOptions.config;
  if (toError !== undefined) return toError(error, request.id);
  return speaksAnthropic(request)
    ? { status: toMessagesStatus(error), body: toMessagesError(error, request.id) }
    : { status: error.status, body: error.toBody() };
}

/** A 429 always says when; Bedrock gives no time, and some refusals of Anthropic's have none. In seconds. */
const DEFAULT_RATE_LIMIT_SECONDS = 5;

/** `retry-after` and `x-should-retry` of an error, in place of those of an earlier one. */
export function setRetryHeaders(reply: FastifyReply, error: GatewayError): void {
  const seconds = error.retryAfterSeconds ?? (error.status === 429 ? DEFAULT_RATE_LIMIT_SECONDS : undefined);
  setOptionalHeader(reply, "retry-after", seconds?.toString());
  setOptionalHeader(reply, "x-should-retry", shouldRetry(error)?.toString());
}

/** Members that are not there fit everything. */
interface Rule {
  readonly code?: RegExp;
  /** From the first status to the last. */
  readonly statuses?: readonly [number, number];
  /** Whether it says when to try again. */
  readonly isTimed?: boolean;
  /** `undefined`: the client decides, by the status. */
  readonly answer: boolean | undefined;
}

/** The first rule that fits holds. */
const RULES: readonly Rule[] = [
  // Somebody must first put a configuration, an account or a key right.
  {
    code: /^(?:upstream_(?:account|auth|not_found|permission)|deployment_misconfigured)$/,
    answer: false,
  },
  { code: /^(?:enforcement|guardrails)_/, answer: false },
  { code: /^unsupported_transfer_encoding$/, answer: false },
  { code: /^no_deployment$/, isTimed: false, answer: false },
  // Want of capacity, which passes.
  { statuses: [429, 429], answer: true },
  { statuses: [503, 503], answer: true },
  { statuses: [408, 409], answer: undefined },
  // The same request would be refused for the same reason: a budget, a key, a model, a field.
  { statuses: [400, 499], answer: false },
];

/**
 * Whether a client does well to send the same request again by itself; sent as `x-should-retry`, which the SDKs of OpenAI and
 * Anthropic follow before they look at the status.
 * @returns `undefined`: nobody knows, so the client decides
 */
export function shouldRetry({ status, code, retryAfterSeconds }: GatewayError): boolean | undefined {
  const isTimed = retryAfterSeconds !== undefined;
  return RULES.find(
    (rule) =>
      (rule.code?.test(code) ?? true) &&
      (rule.statuses === undefined || (status >= rule.statuses[0] && status <= rule.statuses[1])) &&
      (rule.isTimed === undefined || rule.isTimed === isTimed),
  )?.answer;
}

/** Any error → what the client gets. What is not known is an internal error without details. */
export function toGatewayError(error: unknown, requestId: string): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof TranslationError || error instanceof BodyValidationError) {
    return invalidRequest(error.message, error.param);
  }
  if (error instanceof AliasTakenError) return aliasTaken(error.message);
  if (error instanceof KeyTakenError) return keyTaken();
  if (error instanceof UserTakenError) return userTaken(error.message);
  if (error instanceof NamedBudgetTakenError) return budgetTaken(error.message);
  if (error instanceof TokenNameTakenError) return tokenNameTaken(error.message);
  if (error instanceof ValueRefusedError) return valueRefused();
  if (error instanceof ReportTooSlowError) return reportTooSlow();
  if (error instanceof StoreUnavailableError) return databaseUnavailable();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  // Fastify's own: a body that is too large, no JSON, of another type.
  if (typeof status === "number" && status >= 400 && status < 500 && error instanceof Error) {
    return new GatewayError(status, "invalid_request_error", error.message);
  }
  if (status === 503)
    return new GatewayError(503, "server_error", "The gateway is shutting down.", { retryAfterSeconds: 1 });
  return internalError(requestId);
}
