import { type DestinationStream, type Logger, pino } from "pino";

/**
 * Paths that never reach a log line, whoever logs them. This list is the only one: a service that handles a
 * new secret adds its name here. Bodies are not listed because no code logs a body.
 */
const REDACTED_PATHS: readonly string[] = [
  "authorization",
  "apiKey",
  "api_key",
  "masterKey",
  "databaseUrl",
  "password",
  "key",
  "keys",
  "token",
  "connectionString",
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

const REDACTED_HEADERS = ["authorization", "x-api-key", "api-key", "cookie", "set-cookie"].flatMap((name) => [
  `headers["${name}"]`,
  `*.headers["${name}"]`,
]);

/** Settings of `createLogger`. */
export interface LoggerSettings {
  /** Name of the service, on every line. */
  readonly name: string;
  /** `fatal | error | warn | info | debug | trace | silent`. */
  readonly level: string;
  /** @default - standard output */
  readonly destination?: DestinationStream;
}

/** JSON lines on standard output, with everything secret replaced by `[redacted]`. */
export function createLogger(settings: LoggerSettings): Logger {
  const options = {
    name: settings.name,
    level: settings.level,
    redact: { paths: [...REDACTED_PATHS, ...REDACTED_HEADERS], censor: "[redacted]" },
    serializers: { err: serializeError },
  };
  return settings.destination === undefined ? pino(options) : pino(options, settings.destination);
}

/**
 * Type, text, code and stack only. The default serializer copies every own property of an error, and
 * drivers hang configuration, parameters and whole rows on theirs.
 */
function serializeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: maskUrlCredentials(String(error)) };
  const code = (error as { code?: unknown }).code;
  const mask = (text: string) => maskUrlCredentials(error.name === "SyntaxError" ? maskParsed(text) : text);
  return {
    type: error.name,
    message: mask(error.message),
    ...(typeof code === "string" ? { code } : {}),
    stack: mask(error.stack ?? ""),
  };
}

/** `JSON.parse` quotes what it was given, which may be what somebody said to a model. */
function maskParsed(text: string): string {
  return text.replace(
    /^(.*?: )?(?:Unexpected|Expected|Bad|Unterminated|Exponent|No number)[\s\S]*?(\n +at |$)/,
    "$1not valid JSON$2",
  );
}

function maskUrlCredentials(text: string): string {
  return text
    .replace(/(\w+:\/\/[^\s:/@]*):[^\s@]*@/g, "$1:[redacted]@")
    .replace(/\bsk-[\w-]{8,}/g, "sk-[redacted]");
}
