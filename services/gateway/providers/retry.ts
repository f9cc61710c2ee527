import { setTimeout as sleep } from "node:timers/promises";
import type { GatewayError } from "../errors/gateway-error";
import type { Deployment } from "./deployment";
import type { RunningAnswer } from "./in-flight";

/** What is waited for at most before a deployment is asked again, in milliseconds: its client waits, too. */
const MOST_WAIT_MS = 10_000;
/** Added to what a provider asks for, so that not all come back at the same moment, in milliseconds. */
const JITTER_MS = 250;
const DEFAULT_RETRIES = 1;
/** Statuses of providers that say that there is no room at present. */
const NO_ROOM: ReadonlySet<number | undefined> = new Set([429, 503, 529]);

/** A deployment that had no room for a request, and did no work for it. */
export interface Refusal {
  readonly deployment: Deployment;
  readonly error: GatewayError;
}

/** When deployments that had no room are asked again, in this process. A new catalogue has new deployments and so begins afresh. */
export class RefusedRetries {
  readonly #throttles = new WeakMap<Deployment, RetryThrottle>();

  /** @param error `undefined`: it answered. What failed otherwise says nothing of its room */
  record(deployment: Deployment, error: GatewayError | undefined): void {
    if (error === undefined) this.#throttles.get(deployment)?.answered();
    else if (isWantOfRoom(error)) this.#throttleOf(deployment).refused();
  }

  /**
   * How long to wait before the deployment is asked again, in milliseconds.
   * @param retries how often that was done for this request
   * @param leastMs to wait where the provider does not say, and up to twice as long
   * @returns `undefined`: it is not
   */
  waitOf({ deployment, error }: Refusal, retries: number, leastMs: number): number | undefined {
    const { maxRetries = DEFAULT_RETRIES } = deployment;
    if (retries >= maxRetries || !this.#throttleOf(deployment).mayRetry) return undefined;
    const { retryAfterSeconds } = error;
    const waitMs =
      retryAfterSeconds === undefined
        ? leastMs * (1 + Math.random())
        : retryAfterSeconds * 1000 + Math.random() * JITTER_MS;
    return waitMs <= MOST_WAIT_MS + JITTER_MS ? waitMs : undefined;
  }

  #throttleOf(deployment: Deployment): RetryThrottle {
    let throttle = this.#throttles.get(deployment);
    if (throttle === undefined) {
      throttle = new RetryThrottle();
      this.#throttles.set(deployment, throttle);
    }
    return throttle;
  }
}

/** Whether a provider said that there is no room at present. */
export function isWantOfRoom({ code, upstreamStatus }: GatewayError): boolean {
  return NO_ROOM.has(upstreamStatus) && (code === "rate_limit_exceeded" || code === "overloaded");
}

/** Waits. @throws GatewayError at once when the answer is ended meanwhile */
export async function waitUnlessEnded(waitMs: number, running: RunningAnswer): Promise<void> {
  const ended = new AbortController();
  running.onAbort(() => ended.abort());
  await sleep(waitMs, undefined, { signal: ended.signal }).catch(() => {});
  running.throwIfAborted();
}

/** Tokens when nothing was refused for a while. */
const MOST = 20;

/**
 * Whether asking again has a point: a bucket of tokens, as gRPC's retry throttling has it. An answer puts one in, a refusal for want
 * of room takes one out, and nothing is asked again while less than half are left: a deployment that refuses most of what it
 * gets is only kept busy by more of it.
 */
export class RetryThrottle {
  #tokens = MOST;

  get mayRetry(): boolean {
    return this.#tokens > MOST / 2;
  }

  answered(): void {
    this.#tokens = Math.min(this.#tokens + 1, MOST);
  }

  refused(): void {
    this.#tokens = Math.max(this.#tokens - 1, 0);
  }
}
