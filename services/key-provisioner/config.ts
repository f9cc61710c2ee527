import { z } from "zod";
import { readEnvironment } from "../shared/config-error";

const environment = z
  .object({
    PORT: z.coerce
      .number("must be a port number; remove it for 8100")
      .int("must be a port number; remove it for 8100")
      .min(0, "must be at least 0")
      .max(65_535, "must be at most 65535")
      .default(8100),
    HOST: z.string().default("0.0.0.0"),
    GATEWAY_URL: z
      .url({ protocol: /^https?$/, error: "must be an http or https URL such as http://litellm:4000" })
      .default("http://litellm:4000"),
    LOG_LEVEL: z
      .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
        error: "must be one of fatal, error, warn, info, debug, trace, silent",
      })
      .default("info"),
  })
  .transform((env) => ({
    /** TCP port; 0 takes a free one. `PORT`, default 8100. */
    port: env.PORT,
    /** Address to listen on. `HOST`, default all. */
    host: env.HOST,
    /** The gateway, without a slash at the end. `GATEWAY_URL`, default `http://litellm:4000`. */
    gatewayUrl: env.GATEWAY_URL.replace(/\/+$/, ""),
    /** `LOG_LEVEL`, default `info`. */
    logLevel: env.LOG_LEVEL,
  }));

/** What the key-provisioner is told by its environment. */
export type KeyProvisionerConfig = Readonly<z.output<typeof environment>>;

/**
 * Reads and freezes the configuration.
 * @throws ConfigError naming every wrong variable and its remedy
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): KeyProvisionerConfig {
  return readEnvironment(environment, env);
}
