import path from "node:path";
import { version } from "../../package.json";
import { monotonicClock, systemClock } from "../shared/clock";
import { ConfigError } from "../shared/config-error";
import { exitGracefully } from "../shared/exit-gracefully";
import { LiveSecrets } from "../shared/live-secrets";
import { createLogger } from "../shared/logger";
import { MetricsRegistry } from "../shared/metrics-registry";
import { addressWithPassword, type DatabaseAddress, DatabasePassword } from "../shared/postgres-connection";
import type { Secret } from "../shared/secret";
import { buildApp } from "./app";
import { GATEWAY_VARIABLES, loadConfig, STARTUP_VARIABLES } from "./config";
import { MasterKeys, ProvisionerToken } from "./identity/keys";
import { addConfigurationMetrics, LiveConfiguration } from "./live-config/live-configuration";
import { loadCatalog } from "./live-config/load-catalog";
import { addProcessMetrics } from "./metrics/process-metrics";
import { Ledger } from "./money/ledger/ledger";
import { Limiter } from "./money/limits/limiter";
import { UpstreamClient } from "./providers/client";
import { drain, InFlight } from "./providers/in-flight";
import { listStatuses } from "./providers/model-groups";
import { openDatabase } from "./store/postgres/database";

/** For the last audit rows after the last answer, in milliseconds. */
const FLUSH_MS = 5000;
/** For closing sockets, beyond the grace and the flush, in milliseconds. */
const CLOSE_MARGIN_MS = 5000;

/** The process: configuration → adapters → app → listen → close with grace. */
async function main(): Promise<void> {
  const secrets = new LiveSecrets(process.env);
  const config = loadConfig(secrets.variables);
  const origin = {
    anthropicBaseUrl: config.anthropicBaseUrl,
    defaultLevel: config.defaultEnforcementLevel,
  };
  const loaded = loadCatalog(config.configFile, {
    ...origin,
    env: secrets.variables,
    nowMs: systemClock.now(),
  });
  const logger = createLogger({ name: "gateway", level: config.logLevel });
  for (const notice of loaded.notices) logger.warn(notice);
  const passwords: DatabasePassword[] = [];
  const addressOf = (url: Secret): DatabaseAddress => {
    if (config.databasePassword === undefined) return { connectionString: url.expose() };
    // Each server takes a new one at its own time.
    const password = new DatabasePassword(config.databasePassword.expose(), logger);
    password.whenRefused(() => secrets.look());
    passwords.push(password);
    return addressWithPassword(url.expose(), password);
  };
  const metrics = new MetricsRegistry();
  addProcessMetrics(metrics, { version });
  const database = openDatabase({
    metrics,
    address: addressOf(config.databaseUrl),
    ...(config.databaseReadUrl === undefined ? {} : { readAddress: addressOf(config.databaseReadUrl) }),
    logger,
    journal: config.journal,
    // Beside this file, as source and in the image.
    heartbeatFile: path.join(__dirname, `heartbeat${path.extname(__filename)}`),
    ...(config.auditRetentionMs === undefined ? {} : { auditRetentionMs: config.auditRetentionMs }),
  });
  const masterKeys = new MasterKeys(database.clock, config.masterKey, config.previousMasterKey);
  const provisionerToken = new ProvisionerToken(config.provisionerToken);
  const configuration = new LiveConfiguration({
    path: config.configFile,
    origin,
    promptsDirectory: config.promptsDirectory,
    secrets,
    acceptSecrets: (variables, names) => {
      const next = loadConfig(variables);
      if ((next.databasePassword === undefined) !== (config.databasePassword === undefined))
        throw new ConfigError(["DATABASE_PASSWORD: was added or removed; takes effect after a restart"]);
      const late = names.filter((name) => STARTUP_VARIABLES.includes(name));
      if (late.length > 0)
        logger.warn({ names: late }, "changed environment variables take effect after a restart");
      masterKeys.replace(next.masterKey, next.previousMasterKey);
      provisionerToken.replace(next.provisionerToken);
      for (const one of passwords) one.change(next.databasePassword?.expose() ?? "");
    },
    isReferable: (name) => !GATEWAY_VARIABLES.includes(name),
    logger,
    clock: database.clock,
    loaded,
  });
  process.on("SIGHUP", () => configuration.reload());
  await configuration.start();
  addConfigurationMetrics(metrics, configuration, () => {
    const { isInForce, ...state } = secrets.state;
    return { ...state, isInForce: isInForce && !passwords.some(({ isRefused }) => isRefused) };
  });

  const ledger = new Ledger({ store: database.budgets, logger });
  // Only now: it settles what dead gateways had reserved, and their rows may have been in the journal.
  void database.audit.begun.then(() => ledger.start());
  const upstream = new UpstreamClient(config.upstreamTimeouts);
  const inFlight = new InFlight();
  let isLeaving = false;
  const app = buildApp(config, {
    logger,
    metrics,
    clock: database.clock,
    monotonicClock,
    catalog: configuration.catalog,
    masterKeys,
    provisionerToken,
    keys: database.keys,
    users: database.users,
    namedBudgets: database.namedBudgets,
    adminTokens: database.adminTokens,
    spend: database.spend,
    audit: database.audit,
    ledger,
    limiter: new Limiter({ store: database.quotas, clock: monotonicClock, logger }),
    checks: {
      durability: database.probe,
      isLeaving: () => isLeaving,
      schema: () => database.schemaState,
    },
    upstream,
    inFlight,
    levels: configuration.levels,
    prompts: configuration.prompts,
    guardrails: () => configuration.loaded.guardrails,
    callbacks: () => configuration.loaded.callbacks,
    deploymentStatuses: () => listStatuses(configuration.catalog, configuration.loaded.skipped),
  });

  exitGracefully({
    logger,
    // A new configuration, not the end.
    otherSignals: ["SIGHUP"],
    lameDuck: {
      durationMs: config.lameDuckMs,
      begin: () => {
        isLeaving = true;
      },
    },
    limitMs: config.stopGraceMs + FLUSH_MS + CLOSE_MARGIN_MS,
    close: async () => {
      configuration.stop();
      await drain(app, inFlight, config.stopGraceMs);
      await database.flush(FLUSH_MS);
      // With rows in the journal the owners end later: the next process replays first.
      if (database.audit.journalBytes === 0) await ledger.stop();
      await database.close(0);
      await upstream.close();
    },
  });
  await app.listen({ port: config.port, host: config.host });
}

main().catch((error: unknown) => {
  // Before the logger exists, and for a person: plain lines, and no stack for a setting that is wrong.
  console.error(error instanceof ConfigError ? `gateway cannot start:\n${error.message}` : error);
  process.exit(1);
});
