import { GatewayError } from "../errors/gateway-error";
import { endProgress, type MessageProgress } from "../wire/internal/progress";

/** What a provider says about a failure, in Anthropic's statuses. */
export interface ReportedError {
  readonly status: number;
  readonly message: string;
  /** Anthropic's `details.error_code`, which is stable; messages are not. */
  readonly errorCode?: string | undefined;
}

/** What the client gets. Without a message it gets the provider's. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly message?: string;
}

/** The first rule that fits holds. Members that are not there fit everything. */
interface Rule {
  readonly status?: number;
  readonly errorCode?: RegExp;
  readonly message?: RegExp;
  readonly answer: Answer;
}

/** A trouble between the gateway and the provider: never the client's own, and its text stays here. */
const fault = (code: string, message: string): Answer => ({
  status: 502,
  type: "upstream_error",
  code,
  message,
});
const account = (message: string): Answer => ({
  status: 503,
  type: "insufficient_quota",
  code: "upstream_account",
  message,
});
/** What the client can act on, with the provider's text. */
const invalid = (code: string, status = 400): Answer => ({ status, type: "invalid_request_error", code });
const timeout: Answer = {
  status: 504,
  type: "timeout",
  code: "upstream_timeout",
  message: "The provider timed out.",
};

const RULES: readonly Rule[] = [
  {
    errorCode: /^(?:organization_on_hold$|claude_code_|cmek_)/,
    answer: account("The provider account cannot be used."),
  },
  { errorCode: /spend_limit_reached$/, answer: account("The provider account reached its usage limit.") },
  { status: 401, answer: fault("upstream_auth", "The provider rejected the gateway's credentials.") },
  { status: 402, answer: account("The provider account has a billing problem.") },
  { status: 403, answer: fault("upstream_permission", "The provider denied the gateway access.") },
  { status: 404, answer: fault("upstream_not_found", "The provider does not have the configured model.") },
  {
    status: 400,
    message: /reached your specified .*usage limits/i,
    answer: account("The provider account reached its usage limit."),
  },
  {
    // Bedrock: a model id that needs an inference profile, or none that it knows.
    status: 400,
    message: /on-demand throughput isn.t supported|model identifier is invalid/i,
    answer: fault("deployment_misconfigured", "The provider does not serve the configured model id."),
  },
  {
    status: 400,
    message: /prompt is too long|exceed context limit|input is too long/i,
    answer: invalid("context_length_exceeded"),
  },
  { status: 400, answer: invalid("400") },
  { status: 422, answer: invalid("400") },
  { status: 409, answer: invalid("409", 409) },
  {
    status: 413,
    answer: { ...invalid("request_too_large"), message: "The request is too large for the provider." },
  },
  {
    status: 429,
    answer: {
      status: 429,
      type: "rate_limit_error",
      code: "rate_limit_exceeded",
      message: "The provider's rate limit was reached.",
    },
  },
  { status: 408, answer: timeout },
  { status: 504, answer: timeout },
];

const OVERLOADED: Answer = {
  status: 503,
  type: "server_error",
  code: "overloaded",
  message: "The provider is overloaded or failing.",
};

/** Most characters of a provider's text that a client gets. */
const MAX_MESSAGE = 1000;

/**
 * An error of the provider → what the client gets. The provider's text is passed on only where the client can act on
 * it: elsewhere it may name accounts.
 */
export function toUpstreamError(
  reported: ReportedError,
  retryAfterSeconds?: number | undefined,
): GatewayError {
  const text = reported.message.slice(0, MAX_MESSAGE);
  const { status, type, code, message } = answerOf({ ...reported, message: text });
  const details = { code, retryAfterSeconds, upstreamStatus: reported.status };
  return new GatewayError(status, type, message ?? text, details);
}

function answerOf(reported: ReportedError): Answer {
  const rule = RULES.find((candidate) => fits(candidate, reported));
  if (rule !== undefined) return rule.answer;
  if (reported.status >= 500) return OVERLOADED;
  return fault("upstream_error", `The provider returned the unexpected status ${reported.status}.`);
}

function fits({ status, errorCode, message }: Rule, reported: ReportedError): boolean {
  return (
    (status === undefined || status === reported.status) &&
    (errorCode === undefined || errorCode.test(reported.errorCode ?? "")) &&
    (message === undefined || message.test(reported.message))
  );
}

/** Anthropic's types of errors, which stand in a stream in place of a status. */
const STATUS_OF_TYPE: ReadonlyMap<string, number> = new Map([
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["conflict_error", 409],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
  ["timeout_error", 504],
  ["overloaded_error", 529],
]);

/**
 * What the client gets when the provider failed inside an answer, or the answer was cut off. Ends the progress.
 * @param progress of an answer that is not `done`
 */
export function toStreamFailure(progress: MessageProgress): GatewayError {
  const failure = endProgress(progress).failure ?? { type: "api_error", message: "" };
  const { type, message, errorCode } = failure;
  return toUpstreamError({ status: STATUS_OF_TYPE.get(type) ?? 502, message, errorCode });
}

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** For an error without a text that can be read. */
export const NO_MESSAGE = "The provider rejected the request.";

/** Seconds of `retry-after`; a date, or a number without sense, says nothing. */
const SECONDS = /^\d{1,7}(?:\.\d{1,9})?$/;

/** An answer that is not 200, as an error for the client. */
export function toReportedError(reported: ReportedError, headers: Headers): GatewayError {
  const given = headerOf(headers, "retry-after") ?? "";
  return toUpstreamError(reported, SECONDS.test(given) ? Math.ceil(Number(given)) : undefined);
}

/**
 * Whether a provider refused a request before any work, so that it bills nothing: it did not accept the request, or had no
 * room for it. Not when it ran out of time (408) or its model failed (424, 500): it may have read the prompt by then.
 */
export function isRefusal(status: number): boolean {
  return (
    (status >= 300 && status < 500 && status !== 408 && status !== 424) || status === 503 || status === 529
  );
}

/** The first value of a header. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** A JSON object, `{}` for everything else. */
export function readErrorBody(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Bytes that make no sense as an answer. @param reason what is wrong with them, for the log */
export function invalidAnswer(reason: string): GatewayError {
  return new GatewayError(502, "upstream_error", "The provider returned an invalid response.", {
    code: "upstream_invalid",
    reason,
  });
}
