import { type Dispatcher, Pool } from "undici";
import { GatewayError } from "../errors";

/** Time limits of an upstream request, in milliseconds. */
export interface UpstreamTimeouts {
  /** @default 10000 */
  readonly connectMs: number;
  /** From sending the request to the first byte of the answer. @default 120000 */
  readonly firstByteMs: number;
  /** Between two reads of the answer; Anthropic sends pings. @default 90000 */
  readonly idleMs: number;
}

const DEFAULT_TIMEOUTS: UpstreamTimeouts = { connectMs: 10_000, firstByteMs: 120_000, idleMs: 90_000 };

/** One request to a provider. */
export interface UpstreamRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Between two reads of the answer, in milliseconds. @default - the client's own */
  readonly idleMs?: number;
  /** Ends the request; its reason is what the caller of `post` sees. */
  readonly signal: AbortSignal;
}

/** Connections to the providers: one pool for each origin. The only network code besides the databases. */
export class UpstreamClient {
  readonly timeouts: UpstreamTimeouts;
  /** As many as there were origins in the configurations so far. */
  readonly #pools = new Map<string, Pool>();

  constructor(timeouts: Partial<UpstreamTimeouts> = {}) {
    this.timeouts = { ...DEFAULT_TIMEOUTS, ...timeouts };
  }

  /** Resolves with the head of the answer, whatever its status. @throws GatewayError when there is none */
  async post({ url, headers, body, idleMs, signal }: UpstreamRequest): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#poolOf(url.origin).request({
        method: "POST",
        path: url.pathname,
        headers,
        body,
        ...(idleMs === undefined ? {} : { bodyTimeout: idleMs }),
        signal,
      });
    } catch (error) {
      throw toUpstreamFailure(error, signal);
    }
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
        headersTimeout: this.timeouts.firstByteMs,
        bodyTimeout: this.timeouts.idleMs,
        keepAliveTimeout: 30_000,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }
}

/** What went wrong between the gateway and the provider, as an error for the client. */
export function toUpstreamFailure(error: unknown, signal: AbortSignal): GatewayError {
  if (error instanceof GatewayError) return error;
  if (signal.aborted && signal.reason instanceof GatewayError) return signal.reason;
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  if (
    code === "UND_ERR_HEADERS_TIMEOUT" ||
    code === "UND_ERR_BODY_TIMEOUT" ||
    code === "UND_ERR_CONNECT_TIMEOUT"
  ) {
    return new GatewayError(504, "timeout", "The provider took too long.", { code: "upstream_timeout" });
  }
  return new GatewayError(502, "upstream_error", "The provider cannot be reached, or broke the connection.", {
    code: "upstream_unreachable",
  });
}
