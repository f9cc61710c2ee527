import { isIP } from "node:net";
import { z } from "zod";
import { readEnvironment } from "../shared/config-error";
import { Secret } from "../shared/secret";
import { addDuration, DURATION_FORM } from "./admin/fields";
import type { PreviousMasterKey } from "./identity/keys";

const MEBIBYTE = 1024 * 1024;

/** For the head of a request, and for a connection that has sent nothing, in milliseconds. */
const HEADERS_TIMEOUT_MS = 30_000;

const integer = (min: number, max: number, remedy: string) =>
  z.coerce
    .number({ error: `must be a whole number from ${min} to ${max}; ${remedy}` })
    .int(`must be a whole number from ${min} to ${max}; ${remedy}`)
    .min(min, `must be at least ${min}; ${remedy}`)
    .max(max, `must be at most ${max}; ${remedy}`);

const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL such as https://api.anthropic.com" })
  .transform((url) => url.replace(/\/+$/, ""));

/** Parted by commas. */
const list = (item: (text: string) => string | undefined, remedy: string) =>
  z
    .string()
    .default("")
    .transform((text, context) => {
      const items = text.split(",").map((one) => one.trim());
      return items.flatMap((one) => {
        if (one === "") return [];
        const fault = item(one);
        if (fault === undefined) return [one];
        context.issues.push({ code: "custom", input: one, message: `${fault}; ${remedy}` });
        return [];
      });
    });

/** @returns what is wrong with it */
function proxyAddress(text: string): string | undefined {
  const [address = "", bits, ...more] = text.split("/");
  const most = isIP(address) === 4 ? 32 : 128;
  const isRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return isIP(address) !== 0 && isRange && more.length === 0
    ? undefined
    : "must contain addresses or ranges such as 10.0.0.0/8";
}

/** @returns what is wrong with it */
function origin(text: string): string | undefined {
  // No browser sends an origin with an asterisk: it would be taken and match nothing.
  const isOrigin =
    text === "*" || (!text.includes("*") && URL.canParse(text) && new URL(text).origin === text);
  return isOrigin ? undefined : "must contain * or origins such as https://chat.example.org";
}

const masterKey = z
  .string({ error: "is not set; set it to sk- followed by at least 13 random characters" })
  .startsWith("sk-", "must start with sk-; clients and scripts rely on that prefix")
  .min(16, "is too short; use at least 16 characters, such as sk-$(openssl rand -hex 24)")
  .max(256, "is too long; use at most 256 characters")
  .transform((key) => new Secret(key));

const INSTANT = "must be a timestamp such as 2027-01-31T12:00:00Z";

const variables = z.object({
  PORT: integer(0, 65_535, "remove it for 4000").default(4000),
  HOST: z.string().default("0.0.0.0"),
  LITELLM_MASTER_KEY: masterKey,
  LITELLM_MASTER_KEY_PREVIOUS: masterKey.optional(),
  LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL: z.iso
    .datetime({ offset: true, error: INSTANT })
    .transform((text) => new Date(text))
    .optional(),
  PROVISIONER_TOKEN: z
    .string()
    .startsWith("sk-", "must start with sk-; remove it when there is no key-provisioner")
    .min(16, "is too short; use at least 16 characters, such as sk-$(openssl rand -hex 24)")
    .max(256, "is too long; use at most 256 characters")
    .transform((token) => new Secret(token))
    .optional(),
  DATABASE_URL: z
    .string({ error: "is not set; set it to postgres://user:password@host:5432/database" })
    .regex(/^postgres(ql)?:\/\//, "must start with postgres:// or postgresql://")
    .transform((url) => new Secret(url)),
  DATABASE_READ_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "must start with postgres:// or postgresql://; remove it for DATABASE_URL")
    .transform((url) => new Secret(url))
    .optional(),
  DATABASE_PASSWORD: z
    .string()
    .max(1024, "is too long; use at most 1024 characters")
    .transform((password) => new Secret(password))
    .optional(),
  CONFIG_FILE: z.string().default("/app/config.yaml"),
  PROMPTS_DIRECTORY: z.string().default("/app/prompts"),
  DEFAULT_ENFORCEMENT_LEVEL: z.string().default("standard"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
      error: "must be one of fatal, error, warn, info, debug, trace, silent",
    })
    .default("info"),
  MAX_BODY_BYTES: integer(1024, 64 * MEBIBYTE, "remove it for 32 MiB, Anthropic's own limit").default(
    32 * MEBIBYTE,
  ),
  REQUEST_BODY_TIMEOUT_SECONDS: integer(1, 3600, "remove it for 120").default(120),
  REQUEST_BODY_MIN_BYTES_PER_SECOND: integer(0, MEBIBYTE, "remove it for 1024").default(1024),
  CLIENT_DRAIN_TIMEOUT_SECONDS: integer(1, 3600, "remove it for 60").default(60),
  KEEP_ALIVE_TIMEOUT_SECONDS: integer(1, 3600, "remove it for 55").default(55),
  MAX_CONNECTIONS: integer(1, 1_000_000, "remove it for 5000").default(5000),
  TRUSTED_PROXIES: list(proxyAddress, "remove it to trust none"),
  CORS_ALLOWED_ORIGINS: list(origin, "remove it to allow none"),
  STOP_GRACE_SECONDS: integer(0, 3600, "remove it for 30").default(30),
  LAME_DUCK_SECONDS: integer(0, 300, "remove it for 5").default(5),
  MAX_ANSWERS_IN_FLIGHT: integer(1, 100_000, "remove it for 2000").default(2000),
  MAX_BODY_BYTES_IN_FLIGHT: integer(1024, 64 * 1024 * MEBIBYTE, "remove it for 128 MiB").default(
    128 * MEBIBYTE,
  ),
  UPSTREAM_CONNECT_TIMEOUT_SECONDS: integer(1, 3600, "remove it for 10").default(10),
  UPSTREAM_FIRST_BYTE_TIMEOUT_SECONDS: integer(1, 3600, "remove it for 25").default(25),
  UPSTREAM_THINKING_FIRST_BYTE_TIMEOUT_SECONDS: integer(1, 3600, "remove it for 90").default(90),
  UPSTREAM_IDLE_TIMEOUT_SECONDS: integer(1, 3600, "remove it for 90").default(90),
  AUDIT_RETENTION: z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return undefined;
      const epoch = new Date(0);
      const end = addDuration(epoch, text);
      if (end !== undefined) return end.getTime();
      context.issues.push({
        code: "custom",
        input: text,
        message: `must be ${DURATION_FORM}, at most ten years`,
      });
      return z.NEVER;
    }),
  JOURNAL_DIRECTORY: z.string().optional(),
  JOURNAL_MAX_BYTES: integer(MEBIBYTE, 64 * 1024 * MEBIBYTE, "remove it for 256 MiB").default(256 * MEBIBYTE),
  JOURNAL_MAX_OUTAGE_SECONDS: integer(1, 7 * 86_400, "remove it for 900").default(900),
  ANTHROPIC_BASE_URL: httpUrl.optional(),
});

/** Rules run on values with other faults as well, which are no secrets yet. */
function isSameSecret(one: unknown, other: unknown): boolean {
  return one instanceof Secret && other instanceof Secret && one.expose() === other.expose();
}

/** Variables that are followed while the gateway runs, when they are files. */
const LIVE_VARIABLES: readonly string[] = [
  "LITELLM_MASTER_KEY",
  "LITELLM_MASTER_KEY_PREVIOUS",
  "LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL",
  "PROVISIONER_TOKEN",
  "DATABASE_PASSWORD",
];

/** All that `loadConfig` reads. */
export const GATEWAY_VARIABLES: readonly string[] = Object.keys(variables.shape);

/** Those that hold until the next start. */
export const STARTUP_VARIABLES: readonly string[] = GATEWAY_VARIABLES.filter(
  (name) => !LIVE_VARIABLES.includes(name),
);

const environment = variables
  .refine((env) => env.MAX_BODY_BYTES_IN_FLIGHT >= env.MAX_BODY_BYTES, {
    path: ["MAX_BODY_BYTES_IN_FLIGHT"],
    message: "must be at least MAX_BODY_BYTES; otherwise no body of that size is ever accepted",
  })
  .refine((env) => !isSameSecret(env.PROVISIONER_TOKEN, env.LITELLM_MASTER_KEY), {
    path: ["PROVISIONER_TOKEN"],
    message: "is the master key; give the key-provisioner a token of its own, which may do less",
  })
  .refine(
    (env) =>
      env.LITELLM_MASTER_KEY_PREVIOUS === undefined ||
      env.LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL !== undefined,
    {
      path: ["LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL"],
      message: `is not set, although LITELLM_MASTER_KEY_PREVIOUS is; ${INSTANT}, or remove both`,
    },
  )
  .transform((env) => ({
    /** TCP port; 0 takes a free one. `PORT`, default 4000. */
    port: env.PORT,
    /** Address to listen on. `HOST`, default all. */
    host: env.HOST,
    /** Full rights over the gateway. `LITELLM_MASTER_KEY`. */
    masterKey: env.LITELLM_MASTER_KEY,
    /**
     * The one before a rotation, which is valid until then. `LITELLM_MASTER_KEY_PREVIOUS`, default none, and
     * `LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL`, an instant.
     */
    previousMasterKey: previousKeyOf(
      env.LITELLM_MASTER_KEY_PREVIOUS,
      env.LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL,
    ),
    /** What the platform's key-provisioner authenticates with. `PROVISIONER_TOKEN`, default none. */
    provisionerToken: env.PROVISIONER_TOKEN,
    /** Postgres that holds keys and audit rows. `DATABASE_URL`. */
    databaseUrl: env.DATABASE_URL,
    /** For addresses of databases that come without a password. `DATABASE_PASSWORD`, default none. */
    databasePassword: env.DATABASE_PASSWORD,
    /**
     * A replica of it, for reports alone; what it answers may be as old as its replication is behind, and nothing is decided
     * by that. `DATABASE_READ_URL`, default `DATABASE_URL`.
     */
    databaseReadUrl: env.DATABASE_READ_URL,
    /** The models file. `CONFIG_FILE`, default `/app/config.yaml`. */
    configFile: env.CONFIG_FILE,
    /** Files with the enforced prompts, such as `standard.md`. `PROMPTS_DIRECTORY`, default `/app/prompts`. */
    promptsDirectory: env.PROMPTS_DIRECTORY,
    /**
     * Level of keys that name none, where `enforcement_settings.default_level` of the models file is left out.
     * `DEFAULT_ENFORCEMENT_LEVEL`, default `standard`.
     */
    defaultEnforcementLevel: env.DEFAULT_ENFORCEMENT_LEVEL,
    /** `LOG_LEVEL`, default `info`. */
    logLevel: env.LOG_LEVEL,
    /** Largest request body, in bytes. `MAX_BODY_BYTES`, default 32 MiB. */
    maxBodyBytes: env.MAX_BODY_BYTES,
    /** How long running answers may go on after SIGTERM, in milliseconds. `STOP_GRACE_SECONDS`, default 30 s. */
    stopGraceMs: env.STOP_GRACE_SECONDS * 1000,
    /**
     * How long requests are still served after SIGTERM while readiness says 503, so that balancers send no more, in milliseconds.
     * `LAME_DUCK_SECONDS`, default 5 s; longer than a balancer takes to notice.
     */
    lameDuckMs: env.LAME_DUCK_SECONDS * 1000,
    /**
     * What is taken on at the same time; more is refused with 503. `MAX_ANSWERS_IN_FLIGHT`, default 2000;
     * `MAX_BODY_BYTES_IN_FLIGHT`, in bytes, default 128 MiB: text, object and
     * text again make three times that, which must fit into the container. A body of little else than values counts for 256 bytes a value.
     */
    capacity: { maxAnswers: env.MAX_ANSWERS_IN_FLIGHT, maxBodyBytes: env.MAX_BODY_BYTES_IN_FLIGHT },
    /**
     * What clients may do with connections. `MAX_CONNECTIONS`, default 5000, of which one address has seven eighths at most.
     * `REQUEST_BODY_TIMEOUT_SECONDS` from the head of a request to the last byte of its body, default 120 s;
     * `REQUEST_BODY_MIN_BYTES_PER_SECOND` on average after ten seconds, default 1024, 0 for no such limit.
     * `CLIENT_DRAIN_TIMEOUT_SECONDS`, default 60 s: how long a client may take nothing of its answer.
     * `KEEP_ALIVE_TIMEOUT_SECONDS` between an answer and the next request, default 55 s; behind a balancer that keeps its
     * connections, longer than there. Times in milliseconds.
     */
    connections: {
      maxConnections: env.MAX_CONNECTIONS,
      headersTimeoutMs: HEADERS_TIMEOUT_MS,
      keepAliveMs: env.KEEP_ALIVE_TIMEOUT_SECONDS * 1000,
      bodyTimeoutMs: env.REQUEST_BODY_TIMEOUT_SECONDS * 1000,
      bodyMinBytesPerSecond: env.REQUEST_BODY_MIN_BYTES_PER_SECOND,
      drainTimeoutMs: env.CLIENT_DRAIN_TIMEOUT_SECONDS * 1000,
    },
    /**
     * Addresses or ranges of proxies whose `x-forwarded-for` says which address a client has. `TRUSTED_PROXIES`, parted by commas,
     * default none: then all clients behind a proxy share what one address may have.
     */
    trustedProxies: env.TRUSTED_PROXIES,
    /** Origins whose pages may call the gateway. `CORS_ALLOWED_ORIGINS`, parted by commas, `*` for all, default none. */
    corsOrigins: env.CORS_ALLOWED_ORIGINS,
    /**
     * Time limits towards providers, in milliseconds, where `config.yaml` has no others. `UPSTREAM_CONNECT_TIMEOUT_SECONDS`, default
     * 10 s; `UPSTREAM_FIRST_BYTE_TIMEOUT_SECONDS` to the first event of an answer, default 25 s, and a second more for each 40 kB of
     * the request; `UPSTREAM_THINKING_FIRST_BYTE_TIMEOUT_SECONDS` the same where the model is to think first, default 90 s, or the
     * other one if that is longer; `UPSTREAM_IDLE_TIMEOUT_SECONDS` between two reads, default 90 s, three times that with Bedrock,
     * which sends no pings.
     */
    upstreamTimeouts: {
      connectMs: env.UPSTREAM_CONNECT_TIMEOUT_SECONDS * 1000,
      firstByteMs: env.UPSTREAM_FIRST_BYTE_TIMEOUT_SECONDS * 1000,
      thinkingFirstByteMs:
        Math.max(env.UPSTREAM_FIRST_BYTE_TIMEOUT_SECONDS, env.UPSTREAM_THINKING_FIRST_BYTE_TIMEOUT_SECONDS) *
        1000,
      idleMs: env.UPSTREAM_IDLE_TIMEOUT_SECONDS * 1000,
    },
    /** How long audit rows are kept at least, in milliseconds. `AUDIT_RETENTION` such as `365d`, default for ever. */
    auditRetentionMs: env.AUDIT_RETENTION,
    /**
     * Where audit rows go while Postgres is away. `JOURNAL_DIRECTORY`, on a disk that outlives the process; default
     * none, then requests are refused. `JOURNAL_MAX_BYTES`, default 256 MiB, about 300,000 rows.
     * `JOURNAL_MAX_OUTAGE_SECONDS`, default 900: then requests are refused, because changes of keys are not heard of.
     */
    journal:
      env.JOURNAL_DIRECTORY === undefined
        ? undefined
        : {
            directory: env.JOURNAL_DIRECTORY,
            maxBytes: env.JOURNAL_MAX_BYTES,
            maxOutageMs: env.JOURNAL_MAX_OUTAGE_SECONDS * 1000,
          },
    /** Takes the place of Anthropic's own address. `ANTHROPIC_BASE_URL`, default none. */
    anthropicBaseUrl: env.ANTHROPIC_BASE_URL,
  }));

function previousKeyOf(key: Secret | undefined, validUntil: Date | undefined): PreviousMasterKey | undefined {
  return key === undefined || validUntil === undefined ? undefined : { key, validUntil };
}

/** What the gateway is told by its variables. */
export type GatewayConfig = Readonly<z.output<typeof environment>>;

/**
 * Reads and freezes the configuration.
 * @param env the variables, with what `SECRETS_DIRECTORY` holds
 * @throws ConfigError naming every wrong variable and its remedy
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  return readEnvironment(environment, env);
}
