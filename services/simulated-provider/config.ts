import { z } from "zod";
import { readEnvironment } from "../shared/config-error";

const environment = z
  .object({
    PORT: z.coerce
      .number("must be a port number; remove it for 4100")
      .int("must be a port number; remove it for 4100")
      .min(0, "must be at least 0")
      .max(65_535, "must be at most 65535")
      .default(4100),
    HOST: z.string().default("127.0.0.1"),
    LOG_LEVEL: z
      .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
        error: "must be one of fatal, error, warn, info, debug, trace, silent",
      })
      .default("info"),
  })
  .transform((env) => ({
    /** TCP port; 0 takes a free one. `PORT`, default 4100. */
    port: env.PORT,
    /** Address to listen on. `HOST`, default this machine only. */
    host: env.HOST,
    /** `LOG_LEVEL`, default `info`. */
    logLevel: env.LOG_LEVEL,
  }));

/** What the simulated provider is told by its environment. */
export type SimulatedProviderConfig = Readonly<z.output<typeof environment>>;

/** @throws ConfigError naming every wrong variable and its remedy */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): SimulatedProviderConfig {
  return readEnvironment(environment, env);
}
