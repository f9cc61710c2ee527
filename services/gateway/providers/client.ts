import type { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import { SealedBody } from "../enforcement/seal";
import { GatewayError } from "../errors/gateway-error";
import type { Deployment } from "./deployment";
import type { UpstreamRequest } from "./upstream-call";

/** Time limits of an upstream request, in milliseconds. */
export interface UpstreamTimeouts {
  /** @default 10000 */
  readonly connectMs: number;
  /** From sending the request to the first event of the answer, of a short prompt. @default 25000 */
  readonly firstByteMs: number;
  /** The same where the model is to think before it answers. @default 90000, or `firstByteMs` if that is longer */
  readonly thinkingFirstByteMs: number;
  /** Between two reads of the answer; Anthropic sends pings. @default 90000 */
  readonly idleMs: number;
}

const DEFAULT_TIMEOUTS = { connectMs: 10_000, firstByteMs: 25_000, idleMs: 90_000 };
/** Of what a model thinks first, nothing may be shown for long. */
const THINKING_FIRST_BYTE_MS = 90_000;

/**
 * undici keeps a buffer until its answer is over; a generator lets go of its own when it is sent. From this size on, in bytes, that is
 * worth the little that it costs.
 */
const LARGE_BYTES = 32 * 1024;

/** Connections to the providers: one pool for each origin. The only network code besides the databases. */
export class UpstreamClient {
  readonly timeouts: UpstreamTimeouts;
  /** As many as there were origins in the configurations so far. */
  readonly #pools = new Map<string, Pool>();

  constructor(timeouts: Partial<UpstreamTimeouts> = {}) {
    const given = { ...DEFAULT_TIMEOUTS, ...timeouts };
    this.timeouts = { thinkingFirstByteMs: Math.max(THINKING_FIRST_BYTE_MS, given.firstByteMs), ...given };
  }

  /**
   * Sends a request; what comes of it goes to `handler`.
   * @returns lets go of a large body that has not been sent, because nobody waits for its answer any more: it would be kept until
   * its connection is there, or is given up
   * @throws Error for bytes that nobody has sealed
   */
  send({ url, headers, body, idleMs }: UpstreamRequest, handler: Dispatcher.DispatchHandler): () => void {
    if (!SealedBody.isSealed(body)) throw new Error("refusing to send a body that is not sealed");
    const { byteLength, bytes } = body;
    const isLarge = byteLength >= LARGE_BYTES;
    const unsent: Unsent = { bytes: isLarge ? bytes : undefined };
    this.#poolOf(url.origin).dispatch(
      {
        method: "POST",
        path: url.pathname,
        headers: isLarge ? { ...headers, "content-length": String(byteLength) } : headers,
        // Documented by undici, and missing in its types.
        body: isLarge ? (once(unsent) as unknown as Readable) : bytes,
        // Until the first event whoever asks has a timer of its own: a head alone is no answer.
        headersTimeout: 0,
        bodyTimeout: idleMs ?? this.timeouts.idleMs,
      },
      handler,
    );
    return () => {
      unsent.bytes = undefined;
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #poolOf(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        pipelining: 1,
        connect: { timeout: this.timeouts.connectMs },
        keepAliveTimeout: 30_000,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }
}

/** A large body until it is sent, or nobody wants it any more. */
interface Unsent {
  bytes: Buffer | undefined;
}

/** A body that is forgotten as soon as it is sent. */
function* once(unsent: Unsent): Generator<Buffer> {
  const { bytes } = unsent;
  unsent.bytes = undefined;
  if (bytes !== undefined) yield bytes;
}

/** undici's codes → what is said of them in the log. */
const TIMEOUTS: ReadonlyMap<unknown, string> = new Map([
  ["UND_ERR_BODY_TIMEOUT", "idle timeout"],
  ["UND_ERR_CONNECT_TIMEOUT", "connect timeout"],
]);
const BROKEN: ReadonlyMap<unknown, string> = new Map([["UND_ERR_SOCKET", "connection closed"]]);
/** A code of the system, of TLS or of the HTTP parser. */
const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

/** What went wrong between the gateway and the provider, as an error for the client. */
export function toUpstreamFailure(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const { code } = (error ?? {}) as { code?: unknown };
  const timeout = TIMEOUTS.get(code);
  if (timeout !== undefined) return tookTooLong(timeout);
  return new GatewayError(502, "upstream_error", "The provider is unreachable or closed the connection.", {
    code: "upstream_unreachable",
    reason: BROKEN.get(code) ?? (typeof code === "string" && CODE.test(code) ? code : "connection failed"),
  });
}

/** @param reason which limit it was, for the log */
export function tookTooLong(reason: string): GatewayError {
  return new GatewayError(504, "timeout", "The provider timed out.", {
    code: "upstream_timeout",
    reason,
  });
}

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
interface TimedRequest {
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
