import { randomUUID } from "node:crypto";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Clock } from "../shared/clock";
import { openAiErrorBody } from "../shared/error-body";
import { MetricsRegistry } from "../shared/metrics-registry";
import type { Secret } from "../shared/secret";
import { BodyValidationError, zodValidator } from "../shared/zod-validator";
import type { Coder } from "./coder";
import { credentials } from "./credentials";
import { ProvisionerError } from "./errors";
import type { Gateway } from "./gateway";
import { type HealthOptions, health } from "./health";
import type { KeyIssuer } from "./issue-key";
import { RateLimit } from "./rate-limit";
import { adminRoutes } from "./routes/admin";
import { secureContextRoutes } from "./routes/secure-context";
import { selfServiceRoutes } from "./routes/self-service";
import { workspaceRoutes } from "./routes/workspace";
import type { Settings } from "./settings";
import { recordEvent } from "./store/audit";
import type { CoderTokenStore } from "./store/coder-token";
import type { Database } from "./store/database";
import { type Certificate, serve } from "./tls";

/** Everything outside the process that the key-provisioner talks to, and what it was told. */
export interface KeyProvisionerDependencies extends Pick<HealthOptions, "isGatewayReady" | "reconciliation"> {
  readonly logger: FastifyBaseLogger;
  readonly clock: Clock;
  readonly database: Database;
  /** `undefined`: the platform has none. */
  readonly coder: Coder | undefined;
  /** Names of the templates whose workspaces get keys. */
  readonly templates: readonly string[];
  readonly coderToken: CoderTokenStore;
  readonly gateway: Gateway;
  readonly issuer: KeyIssuer;
  readonly settings: () => Settings;
  readonly adminToken: () => Secret;
  /** For TLS beside plain HTTP. @default - plain HTTP only */
  readonly certificate?: Certificate | undefined;
  /** What others show in `/metrics` besides. @default - nothing */
  readonly metrics?: MetricsRegistry;
}

const BODY_LIMIT = 64 * 1024;
/** Requests of one credential a minute. A workspace shows its budget, and asks for its key a few times at its start. */
const PER_CREDENTIAL = 60;
/** Times that one key is asked for in a minute, with whichever credentials: a user makes as many tokens as they like. */
const PER_KEY = 60;
/** Refused requests of one address a minute. */
const REFUSALS = 30;

/** The key-provisioner without its process. */
export function buildApp(deps: KeyProvisionerDependencies): FastifyInstance {
  const { database, coder, clock, certificate } = deps;
  const registry = deps.metrics ?? new MetricsRegistry();
  const answered = registry.counter("key_provisioner_requests_total", "Requests, by route and status.", [
    "route",
    "status",
  ]);
  const refusals = new RateLimit(REFUSALS, clock);
  const app: FastifyInstance = Fastify({
    serverFactory: (handler) => serve(handler, certificate),
    loggerInstance: deps.logger,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // Its lines hold URLs; `onResponse` below writes our own.
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: 300 },
  });
  app.setValidatorCompiler(zodValidator);

  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    answered.add(1, [route, String(reply.statusCode)]);
    if (request.routeOptions.config.credential === undefined) return;
    const { method, id: requestId } = request;
    request.log.info(
      { requestId, method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      "request",
    );
  });
  app.addHook("onSend", async (request, reply) => {
    reply.header("x-request-id", request.id);
    // Answers hold keys.
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });

  /** Counts a refusal of an address. @returns what is answered once there were too many */
  const limited = (address: string): ProvisionerError | undefined => {
    try {
      refusals.take(address);
    } catch (error) {
      return toKnown(error as Error);
    }
    return undefined;
  };

  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    let known = toKnown(error);
    if (known.status >= 500) request.log.error({ err: error, requestId: request.id }, known.message);
    if (request.routeOptions.config.credential !== undefined && isRefusal(known)) {
      // Who has proved nothing is counted before anything is written: otherwise anybody could fill the table.
      if (request.refused.actor === undefined) known = limited(request.ip) ?? known;
      // Nobody is told anything that is not written down.
      if (known.status !== 429)
        await database
          .use((connection) =>
            recordEvent(connection, {
              actor: request.refused.actor ?? "unknown",
              action: "refuse",
              outcome: known.code,
              alias: request.refused.alias,
              requestId: request.id,
              detail: { route: `${request.method} ${request.routeOptions.url}`, address: request.ip },
            }),
          )
          .catch((cause: unknown) => {
            known = toKnown(cause as Error);
          });
    }
    if (known.status === 401) reply.header("www-authenticate", "Bearer");
    if (known.retryAfterSeconds !== undefined) reply.header("retry-after", known.retryAfterSeconds);
    const param = error instanceof BodyValidationError ? error.param : null;
    return reply.code(known.status).send(openAiErrorBody(known.message, known.type, known.code, param));
  });
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    return reply
      .code(404)
      .send(openAiErrorBody(`Unknown route: ${request.method} ${path}`, "invalid_request_error", "404"));
  });

  const perCredential = new RateLimit(PER_CREDENTIAL, clock);
  const perKey = new RateLimit(PER_KEY, clock);
  app.register(credentials, { adminToken: deps.adminToken, perCredential, refusals });
  app.register(health, {
    isGatewayReady: deps.isGatewayReady,
    reconciliation: deps.reconciliation,
    database,
    coder,
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type("text/plain; version=0.0.4").send(registry.render()),
  );
  const { issuer, settings, templates, gateway, coderToken } = deps;
  app.register(workspaceRoutes, { coder, templates, issuer, settings, perKey });
  app.register(selfServiceRoutes, { coder, issuer, gateway, settings, perKey });
  app.register(adminRoutes, { coder, coderToken, database, gateway, issuer, settings });
  app.register(secureContextRoutes, { hasTls: () => certificate?.isUsable ?? false });
  return app;
}

/** A limit is no refusal of anybody, and would fill the table. */
const isRefusal = ({ status }: ProvisionerError): boolean => status >= 400 && status < 500 && status !== 429;

/** Any error → what the caller gets. What is not known is an internal error without details. */
function toKnown(error: Error & { statusCode?: number }): ProvisionerError {
  if (error instanceof ProvisionerError) return error;
  if (error instanceof BodyValidationError)
    return new ProvisionerError(400, "invalid_request", error.message);
  const { statusCode: status = 500 } = error;
  return status >= 400 && status < 500
    ? new ProvisionerError(status, String(status), error.message)
    : new ProvisionerError(500, "internal_error", "Internal error.");
}
