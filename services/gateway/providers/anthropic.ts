import type { Dispatcher } from "undici";
import type { Secret } from "../../shared/secret";
import type { SealedBody } from "../enforcement/seal";
import type { GatewayError } from "../errors/gateway-error";
import { membersOf } from "../json/provider-value";
import { timeLimitsOf, tookTooLong, toUpstreamFailure, type UpstreamClient } from "./client";
import type { Deployment } from "./deployment";
import type { RunningAnswer } from "./in-flight";
import { createRedact, redactFailure } from "./redact";
import { SseParser } from "./sse-parser";
import type { UpstreamAnswer, UpstreamCall } from "./upstream-call";
import {
  type Headers,
  invalidAnswer,
  NO_MESSAGE,
  type ReportedError,
  readErrorBody,
  toReportedError,
} from "./upstream-error";

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
function readAnthropicError(status: number, body: Readonly<Record<string, unknown>>): ReportedError {
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

/** A request to be counted, and where. */
interface CountRequest {
  readonly deployment: Deployment;
  readonly apiKey: Secret;
  readonly body: SealedBody;
  /** Headers of Anthropic's API that the client sent. */
  readonly nativeHeaders: Readonly<Record<string, string>>;
}

/**
 * Asks Anthropic's own API how many input tokens a request has. Nothing is generated, and nothing is billed. All of it
 * takes no longer than a provider may take for the first event of an answer.
 * @returns tokens
 * @throws GatewayError when the provider refuses, fails or is not understood
 */
export async function countTokens(
  client: UpstreamClient,
  { deployment, apiKey, body, nativeHeaders }: CountRequest,
  running: RunningAnswer,
): Promise<number> {
  const answer = new WholeAnswer();
  running.onAbort((reason) => answer.cancel(reason));
  if (!running.isAborted) {
    const url = new URL(`${deployment.baseUrl}/v1/messages/count_tokens`);
    const headers = {
      "content-type": "application/json",
      accept: "application/json",
      "anthropic-version": ANTHROPIC_VERSION,
      ...nativeHeaders,
      "x-api-key": apiKey.expose(),
    };
    client.send({ url, headers, body }, answer);
  }
  const timed = { bodyBytes: body.byteLength, isThinking: false, isStream: true };
  const { firstEventMs } = timeLimitsOf(deployment, timed, client.timeouts);
  const timer = setTimeout(() => answer.cancel(tookTooLong("response timeout")), firstEventMs);
  try {
    const { status, headers, bytes } = await answer.parts;
    const parsed = readErrorBody(bytes);
    if (status !== 200) {
      const failure = toReportedError(readAnthropicError(status, parsed), headers);
      throw redactFailure(failure, createRedact(deployment.access, body.rules));
    }
    return readCount(parsed);
  } finally {
    clearTimeout(timer);
  }
}

function readCount(body: unknown): number {
  const { input_tokens: tokens } = membersOf(body);
  if (typeof tokens !== "number" || !Number.isSafeInteger(tokens) || tokens < 0)
    throw invalidAnswer("no token count");
  return tokens;
}

/** What is read of an answer in one piece, in bytes: it is a few numbers, or an error. */
const MAX_BYTES = 64 * 1024;

/** An answer of a provider in one piece. */
interface WholeAnswerParts {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** Takes a short answer that is no stream of events. Size is bounded; time is, by whoever calls `cancel`. */
export class WholeAnswer implements Dispatcher.DispatchHandler {
  /** Settles when everything came, or nothing more will. @throws GatewayError when none comes, or one that is too long */
  readonly parts: Promise<WholeAnswerParts>;
  #resolve: (parts: WholeAnswerParts) => void = () => {};
  #reject: (reason: GatewayError) => void = () => {};
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #head: { status: number; headers: Headers } | undefined;
  #size = 0;
  #isOver = false;

  constructor() {
    this.parts = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Gives the connection up; who waits gets `reason`. Does nothing after the end. */
  cancel(reason: GatewayError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reject(reason);
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error("response no longer needed"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status >= 200) this.#head = { status, headers };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > MAX_BYTES) this.cancel(invalidAnswer("response too large"));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#isOver || this.#head === undefined) return;
    this.#isOver = true;
    this.#resolve({ ...this.#head, bytes: Buffer.concat(this.#chunks) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.cancel(toUpstreamFailure(error));
  }
}
