import { ConfigError } from "../shared/config-error";
import { exitGracefully } from "../shared/exit-gracefully";
import { createLogger } from "../shared/logger";
import { withSecretFiles } from "../shared/secret-files";
import { buildApp } from "./app";
import { loadConfig } from "./config";
import { createGatewayProbe } from "./gateway-probe";

/** Requests are short; this is for the ones that run at the end, in milliseconds. */
const CLOSE_MS = 8000;

/** The process: configuration → adapters → app → listen → close with grace. */
async function main(): Promise<void> {
  const config = loadConfig(withSecretFiles(process.env));
  const logger = createLogger({ name: "key-provisioner", level: config.logLevel });
  const app = buildApp({ logger, isGatewayReady: createGatewayProbe(config.gatewayUrl) });
  exitGracefully({ logger, limitMs: CLOSE_MS, close: () => app.close() });
  await app.listen({ port: config.port, host: config.host });
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? `key-provisioner cannot start:\n${error.message}` : error);
  process.exit(1);
});
