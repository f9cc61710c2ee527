import { GatewayError } from "../errors";

const unavailable = (message: string) =>
  new GatewayError(503, "service_unavailable", message, {
    code: "enforcement_unavailable",
    retryAfterSeconds: 5,
  });

/** The rules of a level cannot be read, so nothing is sent without them. */
export const promptUnavailable = (level: string) =>
  unavailable(
    `The working rules of enforcement level ${level} are not available, so the request is not sent. Ask an administrator to restore the prompt file.`,
  );

/** A key names a level that is not configured; guessing one could weaken its rules. */
export const levelUnknown = (level: unknown, known: readonly string[]) =>
  unavailable(
    `metadata.enforcement_level of this key is ${describe(level)}, which is not configured. Known levels: ${known.join(", ")}. Ask an administrator to correct the key.`,
  );

/** A request that an enforced key may not send. @param param path of the field, such as `messages.3.content.0` */
export const notWhenEnforced = (param: string, reason: string) =>
  new GatewayError(400, "invalid_request_error", `${param}: ${reason}`, {
    code: "enforcement_refused",
    param,
  });

/**
 * A conversation that the provider would keep. The code is Anthropic's: by it the tool runner of its SDK knows to send
 * the whole conversation itself, and goes on.
 */
export const threadUnsupported = () =>
  new GatewayError(
    400,
    "invalid_request_error",
    "thread: this gateway keeps no conversations and has none kept; leave it out and send all messages",
    { code: "thread_unsupported_request", param: "thread" },
  );

/** The bytes to send are not what the policy demands: a fault of the gateway, and nothing was sent. */
export const enforcementViolated = (what: string) =>
  new GatewayError(500, "server_error", `The request was not sent: ${what}.`, {
    code: "enforcement_violated",
  });

function describe(level: unknown): string {
  return typeof level === "string" ? JSON.stringify(level.slice(0, 64)) : `of kind ${kind(level)}`;
}

function kind(value: unknown): string {
  return Array.isArray(value) ? "list" : typeof value;
}
