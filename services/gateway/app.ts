import { randomUUID } from "node:crypto";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { zodValidator } from "../shared/zod-validator";
import type { GatewayConfig } from "./config";
import type { Ledger } from "./ledger/ledger";
import type { Limiter } from "./limits/limiter";
import { Capacity } from "./overload/capacity";
import { audit } from "./plugins/audit";
import { auth } from "./plugins/auth";
import { errorReplies } from "./plugins/error-replies";
import { type HealthChecks, health } from "./plugins/health";
import { keyStanding } from "./plugins/key-standing";
import { limits } from "./plugins/limits";
import { overload } from "./plugins/overload";
import { refuseWhenClosing } from "./plugins/refuse-when-closing";
import { requestId } from "./plugins/request-id";
import type { AuditLog } from "./ports/audit-log";
import type { Clock } from "./ports/clock";
import type { KeyStore } from "./ports/key-store";
import { chatCompletions } from "./routes/chat-completions";
import { keyRoutes } from "./routes/keys";
import { models } from "./routes/models";
import type { ModelCatalog } from "./routing/deployment";
import type { UpstreamClient } from "./upstream/client";
import { DeploymentHealth } from "./upstream/deployment-health";
import type { InFlight } from "./upstream/in-flight";

/** Everything outside the process that the gateway talks to. */
export interface GatewayDependencies {
  readonly logger: FastifyBaseLogger;
  readonly clock: Clock;
  readonly catalog: ModelCatalog;
  readonly keys: KeyStore;
  readonly audit: AuditLog;
  readonly ledger: Ledger;
  readonly limiter: Limiter;
  readonly checks: HealthChecks;
  readonly upstream: UpstreamClient;
  readonly inFlight: InFlight;
}

/** The gateway without its process. Plugins stand in the order in which a request meets them. */
export function buildApp(
  config: Pick<GatewayConfig, "masterKey" | "maxBodyBytes" | "capacity">,
  deps: GatewayDependencies,
): FastifyInstance {
  const { masterKey } = config;
  const { clock, catalog, keys, ledger, upstream: client, inFlight } = deps;
  const app: FastifyInstance = Fastify({
    loggerInstance: deps.logger,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // Its lines hold URLs, and a query may hold a key; `request-id` writes its own.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.maxBodyBytes,
    routerOptions: { maxParamLength: 500 },
    exposeHeadRoutes: false,
    // Fastify's own answer while closing has another shape; `refuse-when-closing` gives ours.
    return503OnClosing: false,
  });
  app.setValidatorCompiler(zodValidator);

  app.register(requestId);
  app.register(errorReplies);
  app.register(refuseWhenClosing);
  app.register(auth, { keys, masterKey }); // who
  app.register(overload, { capacity: new Capacity(config.capacity), maxBodyBytes: config.maxBodyBytes }); // is there room
  app.register(audit, { log: deps.audit, clock }); // the row is opened
  app.register(keyStanding, { clock }); // may they at all
  app.register(limits, { limiter: deps.limiter, ledger, clock }); // how often, how many at once
  app.register(health, { checks: deps.checks });
  const failover = { client, health: watchDeployments(deps), clock };
  app.register(chatCompletions, { catalog, ledger, failover, inFlight });
  app.register(models, { catalog });
  app.register(keyRoutes, { keys, ledger, audit: deps.audit, clock, masterKey });
  return app;
}

/** Says in the log when a deployment is left alone and when it is back. */
function watchDeployments({ clock, logger }: GatewayDependencies): DeploymentHealth {
  return new DeploymentHealth({
    clock,
    onCooling: ({ id }, { code }, waitMs) =>
      logger.warn({ deployment: id, code, waitMs }, "deployment is left alone after failures"),
    onRecovered: ({ id }) => logger.info({ deployment: id }, "deployment works again"),
  });
}
