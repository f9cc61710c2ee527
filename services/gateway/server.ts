import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { ConfigError } from "../shared/config-error";
import { exitGracefully } from "../shared/exit-gracefully";
import { createLogger } from "../shared/logger";
import { openDatabase } from "./adapters/postgres/database";
import { buildApp } from "./app";
import { type GatewayConfig, loadConfig } from "./config";
import { type BuiltCatalog, buildCatalog } from "./config-file/build-catalog";
import { readCallbackNames } from "./config-file/callback-names";
import { parseConfigFile } from "./config-file/parse";
import { drain } from "./drain";
import { Ledger } from "./ledger/ledger";
import { Limiter } from "./limits/limiter";
import { systemClock } from "./ports/clock";
import type { CallbackNames } from "./routes/config-callbacks";
import { listStatuses } from "./routing/list-statuses";
import { UpstreamClient } from "./upstream/client";
import { InFlight } from "./upstream/in-flight";

/** For the last audit rows after the last answer, in milliseconds. */
const FLUSH_MS = 5000;
/** For closing sockets, beyond the grace and the flush, in milliseconds. */
const CLOSE_MARGIN_MS = 5000;

/** The process: configuration → adapters → app → listen → close with grace. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const { catalog, notices, skipped, callbacks } = loadCatalog(config);
  const logger = createLogger({ name: "gateway", level: config.logLevel });
  for (const notice of notices) logger.warn(notice);

  const database = openDatabase({
    connectionString: config.databaseUrl.expose(),
    logger,
    ...(config.auditRetentionMs === undefined ? {} : { auditRetentionMs: config.auditRetentionMs }),
  });
  const ledger = new Ledger({ store: database.budgets, logger });
  ledger.start();
  const upstream = new UpstreamClient();
  const inFlight = new InFlight();
  const app = buildApp(config, {
    logger,
    clock: systemClock,
    catalog,
    keys: database.keys,
    users: database.users,
    namedBudgets: database.namedBudgets,
    adminTokens: database.adminTokens,
    spend: database.spend,
    audit: database.audit,
    ledger,
    limiter: new Limiter({ store: database.quotas, clock: systemClock, logger }),
    checks: { isDatabaseConnected: database.probe, isAuditAccepting: () => database.audit.isAccepting },
    upstream,
    inFlight,
    callbacks,
    deploymentStatuses: () => listStatuses(catalog, skipped),
  });

  exitGracefully({
    logger,
    limitMs: config.stopGraceMs + FLUSH_MS + CLOSE_MARGIN_MS,
    close: async () => {
      await drain(app, inFlight, config.stopGraceMs);
      await database.flush(FLUSH_MS);
      await ledger.stop();
      await database.close(0);
      await upstream.close();
    },
  });
  await app.listen({ port: config.port, host: config.host });
}

function loadCatalog(config: GatewayConfig): BuiltCatalog & { readonly callbacks: CallbackNames } {
  let text: string;
  try {
    text = readFileSync(config.configFile, "utf8");
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new ConfigError([
      `CONFIG_FILE: ${config.configFile} cannot be read (${reason}); set it to the path of a config.yaml`,
    ]);
  }
  const file = parseConfigFile(text, basename(config.configFile));
  return {
    ...buildCatalog(file, process.env, config.anthropicBaseUrl),
    callbacks: readCallbackNames(file),
  };
}

main().catch((error: unknown) => {
  // Before the logger exists, and for a person: plain lines, and no stack for a setting that is wrong.
  console.error(error instanceof ConfigError ? `gateway cannot start:\n${error.message}` : error);
  process.exit(1);
});
