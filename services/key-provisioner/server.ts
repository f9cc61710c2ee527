import path from "node:path";
import { monotonicClock } from "../shared/clock";
import { ConfigError } from "../shared/config-error";
import { exitGracefully } from "../shared/exit-gracefully";
import { FileWatch } from "../shared/file-watch";
import { LiveSecrets } from "../shared/live-secrets";
import { createLogger } from "../shared/logger";
import { MetricsRegistry } from "../shared/metrics-registry";
import { addressWithPassword, DatabasePassword } from "../shared/postgres-connection";
import { buildApp } from "./app";
import { Coder } from "./coder";
import { loadConfig, STARTUP_VARIABLES } from "./config";
import { Encryption } from "./encryption";
import { Gateway, GatewayToken } from "./gateway";
import { createGatewayProbe } from "./gateway-probe";
import { KeyIssuer } from "./issue-key";
import { Reconciliation } from "./reconcile";
import { LiveSettings } from "./settings";
import { CoderTokenStore } from "./store/coder-token";
import { Database } from "./store/database";
import { Certificate } from "./tls";

/** Requests are short; this is for the ones that run at the end, in milliseconds. */
const CLOSE_MS = 8000;

/** The process: configuration → adapters → app → listen → close with grace. */
async function main(): Promise<void> {
  const secrets = new LiveSecrets(process.env);
  const config = loadConfig(secrets.variables);
  const logger = createLogger({ name: "key-provisioner", level: config.logLevel });

  const password = config.databasePassword && new DatabasePassword(config.databasePassword.expose(), logger);
  password?.whenRefused(() => secrets.look());
  const database = new Database(addressWithPassword(config.databaseUrl.expose(), password), logger);
  const encryption = new Encryption(config.encryptionKey, config.previousEncryptionKey);
  const gatewayToken = new GatewayToken(config.gatewayToken);
  const gateway = new Gateway(config.gatewayUrl, gatewayToken, () => secrets.look());
  const coderToken = new CoderTokenStore(database, encryption);
  const coder = config.coderUrl === undefined ? undefined : new Coder(config.coderUrl, coderToken);

  const settings = new LiveSettings(config.configFile, logger, () => reconciliation.runSoon());
  const issuer = new KeyIssuer({ database, gateway, encryption, settings: () => settings.current });
  const metrics = new MetricsRegistry();
  const reconciliation = new Reconciliation({
    database,
    gateway,
    coder,
    issuer,
    logger,
    metrics,
    intervalMs: config.reconcileMs,
    auditRetention: config.auditRetention,
  });
  let { adminToken } = config;
  secrets.start({
    logger,
    accept: (variables, names) => {
      const next = loadConfig(variables);
      const late = names.filter((name) => STARTUP_VARIABLES.includes(name));
      if (late.length > 0)
        logger.warn({ names: late }, "changed environment variables take effect after a restart");
      adminToken = next.adminToken;
      gatewayToken.replace(next.gatewayToken);
      encryption.replace(next.encryptionKey, next.previousEncryptionKey);
      password?.change(next.databasePassword?.expose() ?? "");
    },
    onChanged: () => {
      coderToken.forget();
      reconciliation.runSoon();
    },
  });
  const certificate = config.certificate && new Certificate(config.certificate, logger);
  const watch = new FileWatch({
    directories: [path.dirname(config.configFile)],
    files: [secrets, settings, ...(certificate === undefined ? [] : [certificate])],
  });
  watch.start();

  const app = buildApp({
    logger,
    clock: monotonicClock,
    metrics,
    database,
    coder,
    coderToken,
    templates: config.templates,
    gateway,
    issuer,
    settings: () => settings.current,
    adminToken: () => adminToken,
    certificate,
    isGatewayReady: createGatewayProbe(config.gatewayUrl),
    reconciliation: () => reconciliation.state,
  });
  exitGracefully({
    logger,
    limitMs: CLOSE_MS,
    close: async () => {
      watch.stop();
      secrets.stop();
      await Promise.all([app.close(), reconciliation.stop()]);
      await database.close();
    },
  });
  void database.start().then(() => reconciliation.start());
  await app.listen({ port: config.port, host: config.host });
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? `key-provisioner cannot start:\n${error.message}` : error);
  process.exit(1);
});
