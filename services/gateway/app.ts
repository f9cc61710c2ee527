import { randomUUID } from "node:crypto";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyPluginOptions,
  LogController,
} from "fastify";
import fp from "fastify-plugin";
import type { Clock } from "../shared/clock";
import { MetricsRegistry } from "../shared/metrics-registry";
import { zodValidator } from "../shared/zod-validator";
import { budgetRoutes } from "./admin/budgets/routes";
import { keyChangeRoutes, keyRoutes } from "./admin/keys/routes";
import { type CallbackNames, configCallbacks, deploymentHealth, modelInfo, models } from "./admin/models";
import { openApi } from "./admin/openapi/document";
import { ReportQueue } from "./admin/spend/report-queue";
import { spendRoutes } from "./admin/spend/routes";
import { adminTokenRoutes } from "./admin/tokens";
import { userRoutes } from "./admin/users/routes";
import { audit } from "./audit/plugin";
import type { GatewayConfig } from "./config";
import type { LevelSource } from "./enforcement/levels";
import type { PromptSource } from "./enforcement/policy";
import { LargeBodies } from "./generation/body-memory";
import { countTokens, generation } from "./generation/routes";
import { SCREENING_OFF, type ScreeningSettings } from "./guardrails/screening";
import { access } from "./http/access";
import { auth, keyStanding } from "./http/auth";
import { addLimitMetrics, Capacity } from "./http/capacity";
import { cors } from "./http/cors";
import { answerUrlError, errorReplies } from "./http/errors";
import { type HealthChecks, health } from "./http/health";
import { IncomingBodies } from "./http/incoming-bodies";
import { limits } from "./http/limits";
import { createFindingCounter, createRowCounter, metrics, watchLeases } from "./http/metrics";
import { overload, refuseWhenClosing } from "./http/overload";
import { requestId } from "./http/request-id";
import { spendHeaders } from "./http/response-headers";
import { answerParserError, createHttpServer, type LimitedServer } from "./http/server";
import type { MasterKeys, ProvisionerToken } from "./identity/keys";
import { budgetedSpend } from "./money/ledger/budgeted-spend";
import { chargeNewBudgets } from "./money/ledger/charge-new-budgets";
import type { Ledger } from "./money/ledger/ledger";
import type { Limiter } from "./money/limits/limiter";
import type { UpstreamClient } from "./providers/client";
import type { ModelCatalog } from "./providers/deployment";
import { DeploymentHealth } from "./providers/health";
import type { InFlight } from "./providers/in-flight";
import { countModels, type DeploymentStatus, findDeployment } from "./providers/model-groups";
import { RefusedRetries } from "./providers/retry";
import { createUpstreamCounts, showCoolDowns, UpstreamWatch } from "./providers/upstream-watch";
import type { AdminTokenStore } from "./store/admin-token-store";
import type { AuditLog } from "./store/audit-log";
import type { KeyStore } from "./store/key-store";
import type { NamedBudgetStore } from "./store/named-budget-store";
import { REPORTS_AT_ONCE, type SpendBaselines, type SpendReader } from "./store/spend-reader";
import type { UserStore } from "./store/user-store";

/** Of a request body, where its route does not say otherwise, in bytes. */
const BODY_LIMIT = 1024 * 1024;

/** As many run as the database has connections for them; a dashboard asks for a dozen at once. */
const REPORTS = { running: REPORTS_AT_ONCE, waiting: 64, waitingOfOne: 16, waitMs: 20_000 };

/** Everything outside the process that the gateway talks to. */
export interface GatewayDependencies {
  readonly logger: FastifyBaseLogger;
  /** What others show in `/metrics` besides. @default - nothing */
  readonly metrics?: MetricsRegistry;
  /** The time that all gateways share: what expires, which budget period it is, when a request came. */
  readonly clock: Clock;
  /** For how long something lasts within this process, such as a cool-down. @default - `clock` */
  readonly monotonicClock?: Clock;
  readonly catalog: ModelCatalog;
  readonly masterKeys: MasterKeys;
  readonly provisionerToken: ProvisionerToken;
  readonly keys: KeyStore;
  readonly users: UserStore;
  readonly namedBudgets: NamedBudgetStore;
  readonly adminTokens: AdminTokenStore;
  readonly spend: SpendReader & SpendBaselines;
  readonly audit: AuditLog;
  readonly ledger: Ledger;
  readonly limiter: Limiter;
  readonly checks: HealthChecks;
  readonly upstream: UpstreamClient;
  readonly inFlight: InFlight;
  /** Enforced prompts, and the enforcement level of each key. */
  readonly levels: LevelSource;
  readonly prompts: PromptSource;
  /** Of the configuration in force. @default - requests are not screened */
  readonly guardrails?: () => ScreeningSettings;
  /** Of the configuration in force. */
  readonly callbacks: () => CallbackNames;
  /** Every deployment of the configuration and its present state. */
  readonly deploymentStatuses: () => readonly DeploymentStatus[];
}

/** The gateway without its process. Plugins stand in the order in which a request meets them. */
export function buildApp(
  config: Pick<GatewayConfig, "maxBodyBytes" | "capacity" | "connections" | "trustedProxies" | "corsOrigins">,
  deps: GatewayDependencies,
): FastifyInstance {
  const {
    clock,
    catalog,
    masterKeys,
    provisionerToken,
    keys,
    users,
    namedBudgets,
    adminTokens,
    ledger,
    upstream: client,
    inFlight,
  } = deps;
  const registry = deps.metrics ?? new MetricsRegistry();
  const onRow = createRowCounter(registry, (name) => catalog.groups.has(name));
  registry.gauge("gateway_answers_in_flight", "Answers that are running.", () => deps.inFlight.size);
  const capacity = new Capacity(config.capacity, config.maxBodyBytes);
  let edge: LimitedServer | undefined;
  registry.gauge("gateway_answer_places_in_use", "Requests that are answered.", () => capacity.answers);
  registry.gauge("gateway_body_bytes_in_flight", "Request bodies in memory.", () => capacity.bodyBytes);
  registry.gauge("gateway_bodies_underway", "Request bodies that are read.", () => capacity.bodiesUnderway);
  registry.gauge("gateway_connections_open", "Connections of clients.", () => edge?.openConnections() ?? 0);
  addLimitMetrics(
    registry,
    { ...config.capacity, maxConnections: config.connections.maxConnections },
    capacity,
  );
  registry.counts("gateway_connections_refused_total", "Connections that were one too many.", [], () => [
    [[], edge?.refusedConnections() ?? 0],
  ]);
  registry.gauge(
    "gateway_requests_open",
    "Requests, the one for this included.",
    () => edge?.openRequests() ?? 0,
  );
  registry.gauge(
    "gateway_answers_left",
    "Answers that are read for their bill alone.",
    () => deps.inFlight.left.size,
  );
  registry.gauge("gateway_audit_accepting", "Whether rows are taken.", () => Number(deps.audit.isAccepting));
  registry.gauge("gateway_journal_bytes", "Audit rows not yet replayed.", () => deps.audit.journalBytes ?? 0);
  const errors = registry.counter(
    "gateway_http_errors_total",
    "Requests that were refused or failed, by the code of the error, or its type where it has no code.",
    ["reason"],
  );
  const onError = (reason: string) => errors.add(1, [reason]);
  watchLeases(registry, ledger);
  const app: FastifyInstance = Fastify({
    loggerInstance: deps.logger,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // Its lines hold URLs, and a query may hold a key; `request-id` writes its own.
    // One logger for all: a child for each request costs more than its lines, which name the request themselves.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Of routes that do not say otherwise.
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: 500, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    serverFactory: (handler) => {
      edge = createHttpServer(handler, config.connections);
      return edge.server;
    },
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => onError(answerUrlError(error, request, reply)),
    clientErrorHandler: (error, socket) => {
      const reason = answerParserError(error, socket);
      if (reason !== undefined) onError(reason);
    },
    // Fastify's own answer while closing has another shape; `refuse-when-closing` gives ours.
    return503OnClosing: false,
  });
  app.setValidatorCompiler(zodValidator);

  app.register(requestId);
  app.register(cors, { origins: config.corsOrigins });
  app.register(errorReplies, { onError }); // is there such a route
  app.register(openApi);
  app.register(metrics, { registry });
  app.register(refuseWhenClosing);
  app.register(auth, { keys, users, namedBudgets, adminTokens, masterKeys, provisionerToken, clock }); // who
  const { maxBodyBytes } = config;
  const hasManyModels = () => countModels(catalog, 2) > 1;
  const bodies = new IncomingBodies(config.connections);
  app.register(overload, { capacity, bodies, maxBodyBytes, hasManyModels }); // is there room
  const maxEndUserBudgetNano = () => catalog.maxEndUserBudgetNano;
  const log = chargeNewBudgets(deps.audit, { keys, users, namedBudgets, maxEndUserBudgetNano });
  app.register(audit, { log, clock, onRow }); // the row is opened
  app.register(keyStanding, { clock }); // may they at all
  app.register(access); // may they here
  app.register(limits, { limiter: deps.limiter, ledger, clock, registry }); // how often, how many at once
  app.register(spendHeaders);
  app.register(health, { checks: deps.checks, capacity });
  const coolDowns = watchDeployments(deps);
  showCoolDowns(registry, catalog, coolDowns);
  const monotonic = deps.monotonicClock ?? clock;
  const counts = createUpstreamCounts(registry);
  const watch = new UpstreamWatch({ counts, logger: deps.logger, clock: monotonic });
  const failover = { client, health: coolDowns, retries: new RefusedRetries(), watch, clock: monotonic };
  const guardrails = {
    settings: deps.guardrails ?? (() => SCREENING_OFF),
    onFindings: createFindingCounter(registry),
  };
  const largeBodies = new LargeBodies();
  const { levels, prompts } = deps;
  const asking = { catalog, failover, inFlight, levels, prompts, guardrails, largeBodies };
  // With a name: Fastify would look for it among all modules that are loaded.
  const addRoutes = <Options extends FastifyPluginOptions>(
    routes: FastifyPluginAsync<Options>,
    options: NoInfer<Options>,
  ) => void app.register(fp(routes, { name: routes.name, encapsulate: true }), options);
  addRoutes(generation, { ...asking, ledger, maxBodyBytes });
  addRoutes(countTokens, { ...asking, maxBodyBytes });
  addRoutes(models, { catalog });
  addRoutes(modelInfo, { catalog });
  addRoutes(deploymentHealth, {
    statuses: deps.deploymentStatuses,
    cooling: (id) => {
      const deployment = findDeployment(catalog, id);
      return deployment === undefined ? undefined : coolDowns.cooling(deployment);
    },
  });
  addRoutes(configCallbacks, { callbacks: deps.callbacks });
  const spend = budgetedSpend({ spend: deps.spend, ledger, keys, users, namedBudgets, clock });
  const management = { keys, users, budgets: namedBudgets, spend, baselines: spend, clock, masterKeys };
  addRoutes(keyRoutes, management);
  const rules = { levels: deps.levels, screening: guardrails.settings };
  addRoutes(keyChangeRoutes, { ...management, rules });
  addRoutes(userRoutes, management);
  addRoutes(budgetRoutes, management);
  const reports = new ReportQueue(REPORTS);
  registry.gauge("gateway_reports_running", "Reports that the database works on.", () => reports.running);
  registry.gauge("gateway_reports_waiting", "Reports that wait for their turn.", () => reports.waiting);
  addRoutes(spendRoutes, { ...management, reports });
  addRoutes(adminTokenRoutes, { tokens: adminTokens, clock });
  return app;
}

/** Says in the log when a deployment is cooling down and when it is back. */
function watchDeployments({ clock, monotonicClock, logger }: GatewayDependencies): DeploymentHealth {
  return new DeploymentHealth({
    clock: monotonicClock ?? clock,
    onCooling: ({ id }, { code }, waitMs) =>
      logger.warn({ deployment: id, code, waitMs }, "deployment cooling down"),
    onRecovered: ({ id }) => logger.info({ deployment: id }, "deployment recovered"),
  });
}
