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
