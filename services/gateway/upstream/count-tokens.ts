import type { SealedBody } from "../enforcement/seal";
import { membersOf } from "../messages/members";
import type { Deployment } from "../routing/deployment";
import type { Secret } from "../secret";
import { ANTHROPIC_VERSION, readAnthropicError } from "./call-anthropic";
import { tookTooLong, type UpstreamClient } from "./client";
import { invalidAnswer, readErrorBody, toReportedError } from "./read-error";
import { createRedact, redactFailure } from "./redact";
import type { RunningAnswer } from "./running-answer";
import { timeLimitsOf } from "./time-limits";
import { WholeAnswer } from "./whole-answer";

/** A request to be counted, and where. */
export interface CountRequest {
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
  const timer = setTimeout(() => answer.cancel(tookTooLong("answer timeout")), firstEventMs);
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
    throw invalidAnswer("no count of tokens");
  return tokens;
}
