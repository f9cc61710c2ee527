import type { Deployment } from "../routing/deployment";
import type { UpstreamTimeouts } from "./client";

/** How long an attempt may take, in milliseconds. */
export interface TimeLimits {
  /** From sending the request to the first event of its answer. */
  readonly firstEventMs: number;
  /** Between two reads of the answer. */
  readonly idleMs: number;
  /** From sending the request to the end of its answer. @default - any time */
  readonly totalMs?: number | undefined;
}

/** What of a request decides how long its answer may take. */
export interface TimedRequest {
  readonly bodyBytes: number;
  /** Whether the model is to think before it answers. */
  readonly isThinking: boolean;
  /** Whether the client gets the answer as it comes, instead of when it is whole. */
  readonly isStream: boolean;
}

/** A long prompt is read before anything is answered: 40 kB, some 10,000 tokens, are given a second more. */
const BYTES_PER_SECOND = 40 * 1024;
/** Images and PDFs have many bytes and few tokens. In milliseconds. */
const MOST_FOR_PROMPT_MS = 95_000;
/** Bedrock sends no pings, so silence between two events says less than with Anthropic. */
const BEDROCK_IDLE_FACTOR = 3;

/**
 * What `config.yaml` says of the deployment, in LiteLLM's meaning, goes before the settings of the process: `stream_timeout` is
 * for the first event, as every answer is a stream on its way here; `timeout` is for the whole of an answer that is sent in one
 * piece, and for each wait of one that is streamed.
 */
export function timeLimitsOf(
  { access, timeouts }: Pick<Deployment, "access" | "timeouts">,
  { bodyBytes, isThinking, isStream }: TimedRequest,
  defaults: UpstreamTimeouts,
): TimeLimits {
  const most = timeouts?.wholeMs ?? Number.POSITIVE_INFINITY;
  const forPrompt = Math.min(Math.floor(bodyBytes / BYTES_PER_SECOND) * 1000, MOST_FOR_PROMPT_MS);
  const usual = (isThinking ? defaults.thinkingFirstByteMs : defaults.firstByteMs) + forPrompt;
  const idleMs = defaults.idleMs * (access.provider === "bedrock" ? BEDROCK_IDLE_FACTOR : 1);
  return {
    firstEventMs: timeouts?.firstEventMs ?? Math.min(usual, most),
    idleMs: Math.min(idleMs, most),
    totalMs: isStream ? undefined : timeouts?.wholeMs,
  };
}
