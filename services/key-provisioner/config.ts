import { z } from "zod";
import { readEnvironment } from "../shared/config-error";
import { Secret } from "../shared/secret";

const httpUrl = (example: string) =>
  z
    .url({ protocol: /^https?$/, error: `must be an http or https URL such as ${example}` })
    .transform((url) => url.replace(/\/+$/, ""));

const secret = (what: string) =>
  z
    .string({ error: `is not set; ${what}` })
    .min(16, "is too short; use at least 16 characters")
    .max(1024, "is too long; use at most 1024 characters")
    .transform((text) => new Secret(text));

const variables = z.object({
  PORT: z.coerce
    .number("must be a port number; remove it for 8100")
    .int("must be a port number; remove it for 8100")
    .min(0, "must be at least 0")
    .max(65_535, "must be at most 65535")
    .default(8100),
  HOST: z.string().default("0.0.0.0"),
  GATEWAY_URL: httpUrl("http://litellm:4000").default("http://litellm:4000"),
  CODER_URL: httpUrl("http://coder:7080").optional(),
  CODER_TEMPLATES: z
    .string()
    .default("ai-workspace")
    .transform((text) => text.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]))),
  CONFIG_FILE: z.string().default("/app/config.json"),
  DATABASE_URL: z
    .string({ error: "is not set; set it to postgres://user:password@host:5432/database" })
    .regex(/^postgres(ql)?:\/\//, "must start with postgres:// or postgresql://")
    .transform((url) => new Secret(url)),
  DATABASE_PASSWORD: z
    .string()
    .max(1024, "is too long; use at most 1024 characters")
    .transform((password) => new Secret(password))
    .optional(),
  KEY_PROVISIONER_ADMIN_TOKEN: secret("set it to what administrators authenticate with"),
  GATEWAY_PROVISIONER_TOKEN: secret("set it to what the gateway has as PROVISIONER_TOKEN"),
  KEY_ENCRYPTION_KEY: secret(
    "set it to at least 16 random characters, and keep it: it opens the keys that are stored",
  ),
  KEY_ENCRYPTION_KEY_PREVIOUS: secret("").optional(),
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  RECONCILE_SECONDS: z.coerce
    .number("must be a number of seconds; remove it for 60")
    .min(1, "must be at least 1; remove it for 60")
    .max(86_400, "must be at most 86400; remove it for 60")
    .default(60),
  AUDIT_RETENTION: z
    .string()
    .regex(
      /^\d{1,9}(s|m|h|d|w|mo)$/,
      "must be a whole number and a unit, such as 365d; remove it to keep all",
    )
    .optional(),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
      error: "must be one of fatal, error, warn, info, debug, trace, silent",
    })
    .default("info"),
});

/** Variables that are followed while the key-provisioner runs, when they are files. */
const LIVE_VARIABLES: readonly string[] = [
  "KEY_PROVISIONER_ADMIN_TOKEN",
  "GATEWAY_PROVISIONER_TOKEN",
  "KEY_ENCRYPTION_KEY",
  "KEY_ENCRYPTION_KEY_PREVIOUS",
  "DATABASE_PASSWORD",
];

/** All that `loadConfig` reads. */
export const KEY_PROVISIONER_VARIABLES: readonly string[] = Object.keys(variables.shape);

/** Those that hold until the next start. */
export const STARTUP_VARIABLES: readonly string[] = KEY_PROVISIONER_VARIABLES.filter(
  (name) => !LIVE_VARIABLES.includes(name),
);

const environment = variables.transform((env) => ({
  /** TCP port; 0 takes a free one. `PORT`, default 8100. */
  port: env.PORT,
  /** Address to listen on. `HOST`, default all. */
  host: env.HOST,
  /** The gateway, without a slash at the end. `GATEWAY_URL`, default `http://litellm:4000`. */
  gatewayUrl: env.GATEWAY_URL,
  /** Coder, without a slash at the end. `CODER_URL`, default none: workspaces and users get no keys then. */
  coderUrl: env.CODER_URL,
  /** Names of the templates whose workspaces get keys. `CODER_TEMPLATES`, parted by commas, default `ai-workspace`. */
  templates: env.CODER_TEMPLATES,
  /** What keys may use, levels and minimums. `CONFIG_FILE`, default `/app/config.json`. */
  configFile: env.CONFIG_FILE,
  /** Its own Postgres database. `DATABASE_URL`. */
  databaseUrl: env.DATABASE_URL,
  /** For an address that comes without a password. `DATABASE_PASSWORD`, default none. */
  databasePassword: env.DATABASE_PASSWORD,
  /** What administrators authenticate with. `KEY_PROVISIONER_ADMIN_TOKEN`. */
  adminToken: env.KEY_PROVISIONER_ADMIN_TOKEN,
  /** What the gateway takes as a caller of the role provisioner. `GATEWAY_PROVISIONER_TOKEN`. */
  gatewayToken: env.GATEWAY_PROVISIONER_TOKEN,
  /** What stored keys are encrypted with. `KEY_ENCRYPTION_KEY`. */
  encryptionKey: env.KEY_ENCRYPTION_KEY,
  /** The one before its rotation, which still opens what it closed. `KEY_ENCRYPTION_KEY_PREVIOUS`, default none. */
  previousEncryptionKey: env.KEY_ENCRYPTION_KEY_PREVIOUS,
  /** With these the port speaks TLS as well. `TLS_CERT_FILE` and `TLS_KEY_FILE`, default none. */
  certificate:
    env.TLS_CERT_FILE === undefined || env.TLS_KEY_FILE === undefined
      ? undefined
      : { certificateFile: env.TLS_CERT_FILE, keyFile: env.TLS_KEY_FILE },
  /** Between two reconciliations, in milliseconds. `RECONCILE_SECONDS`, default 60 s. */
  reconcileMs: env.RECONCILE_SECONDS * 1000,
  /** How long events are kept, such as `365d`. `AUDIT_RETENTION`, default for ever. */
  auditRetention: env.AUDIT_RETENTION,
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
