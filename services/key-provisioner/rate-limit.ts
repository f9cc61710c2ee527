import { createHash } from "node:crypto";
import type { Clock } from "../shared/clock";
import { ProvisionerError } from "./errors";

/** Callers that are remembered; the one that was quiet for longest is forgotten first. */
const MAX_CALLERS = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Limits how often each caller may do something, with a burst of a minute's worth. In memory, by whatever names the caller. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();

  /** @param perMinute how often, on average */
  constructor(
    private readonly perMinute: number,
    private readonly clock: Clock,
  ) {}

  /** Counts one. @throws ProvisionerError 429 */
  take(caller: string): void {
    const bucket = this.#bucketOf(caller);
    if (bucket.tokens < 1) this.#refuse(bucket);
    bucket.tokens -= 1;
  }

  /** Counts nothing. @throws ProvisionerError 429 when `take` would */
  check(caller: string): void {
    const bucket = this.#bucketOf(caller);
    if (bucket.tokens < 1) this.#refuse(bucket);
  }

  #refuse({ tokens }: Bucket): never {
    const seconds = Math.max(1, Math.ceil(((1 - tokens) * 60) / this.perMinute));
    throw new ProvisionerError(429, "rate_limited", `Too many requests; ask again in ${seconds} s.`, {
      retryAfterSeconds: seconds,
    });
  }

  #bucketOf(caller: string): Bucket {
    // A hash: what is a credential does not stay in memory, and its length does not matter.
    const name = createHash("sha256").update(caller).digest("base64");
    const now = this.clock.now();
    const bucket = this.#buckets.get(name) ?? { tokens: this.perMinute, at: now };
    bucket.tokens = Math.min(this.perMinute, bucket.tokens + ((now - bucket.at) * this.perMinute) / 60_000);
    bucket.at = now;
    // The end of the map is who was heard of last.
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > MAX_CALLERS) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    return bucket;
  }
}
