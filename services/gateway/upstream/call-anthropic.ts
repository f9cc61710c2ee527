import type { SealedBody } from "../enforcement/seal";
import { membersOf } from "../messages/members";
import type { Deployment } from "../routing/deployment";
import type { Secret } from "../secret";
import type { ReportedError } from "../translate/errors/upstream-error";
import { SseParser } from "../translate/sse-parser";
import { NO_MESSAGE } from "./read-error";
import { createRedact } from "./redact";
import type { UpstreamAnswer, UpstreamCall } from "./upstream-call";

/** The version whose fields `translate/` writes; newer ones refuse some of them. */
export const ANTHROPIC_VERSION = "2023-06-01";

const urls = new WeakMap<Deployment, URL>();

/** A message for Anthropic's own API. @param native headers that a client of the same API sent */
export function callAnthropic(
  deployment: Deployment,
  apiKey: Secret,
  body: SealedBody,
  native: Readonly<Record<string, string>> = {},
): UpstreamCall {
  return {
    url: urlOf(deployment),
    headers: {
      "content-type": "application/json",
      accept: "text/event-stream",
      "anthropic-version": ANTHROPIC_VERSION,
      ...native,
      "x-api-key": apiKey.expose(),
    },
    body,
    answer: { ...ANSWER, redact: createRedact(deployment.access, body.rules) },
  };
}

const ANSWER: Omit<UpstreamAnswer, "redact"> = {
  contentType: "text/event-stream",
  decoder: () => new SseParser(),
  readError: (status, _headers, error) => readAnthropicError(status, error),
};

/** `{"type":"error","error":{"type":…,"message":…,"details":…}}` */
export function readAnthropicError(status: number, body: Readonly<Record<string, unknown>>): ReportedError {
  const { message, details } = membersOf(body["error"]);
  const { error_code: errorCode } = membersOf(details);
  return {
    status,
    message: typeof message === "string" ? message : NO_MESSAGE,
    errorCode: typeof errorCode === "string" ? errorCode : undefined,
  };
}

function urlOf(deployment: Deployment): URL {
  let url = urls.get(deployment);
  if (url === undefined) {
    url = new URL(`${deployment.baseUrl}/v1/messages`);
    urls.set(deployment, url);
  }
  return url;
}
