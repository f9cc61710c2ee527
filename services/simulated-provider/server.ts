import { ConfigError } from "../shared/config-error";
import { exitGracefully } from "../shared/exit-gracefully";
import { createLogger } from "../shared/logger";
import { buildApp } from "./app";
import { loadConfig } from "./config";

/** Longest wait for running streams at the end, in milliseconds. */
const CLOSE_MS = 10_000;

/** The process: configuration → app → listen → close with grace. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const logger = createLogger({ name: "simulated-provider", level: config.logLevel });
  const app = buildApp({ logger });
  exitGracefully({ logger, limitMs: CLOSE_MS, close: () => app.close() });
  await app.listen({ port: config.port, host: config.host });
  logger.warn("simulated provider: no model is behind its answers");
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? `simulated-provider cannot start:\n${error.message}` : error);
  process.exit(1);
});
