import { hashKey, isSameHash } from "./key-token";
import type { Clock } from "./ports/clock";
import type { Secret } from "./secret";

/** A master key after its rotation. */
export interface PreviousMasterKey {
  readonly key: Secret;
  readonly validUntil: Date;
}

/** The master key in force, and the one before it until its grace ends by the clock that all gateways share. */
export class MasterKeys {
  readonly #clock: Clock;
  #currentHash: string;
  #previous: { readonly hash: string; readonly validUntilMs: number } | undefined;

  constructor(clock: Clock, current: Secret, previous?: PreviousMasterKey) {
    this.#clock = clock;
    this.#currentHash = hashKey(current.expose());
    this.replace(current, previous);
  }

  /** From now on these hold, for every request that comes. */
  replace(current: Secret, previous: PreviousMasterKey | undefined): void {
    this.#currentHash = hashKey(current.expose());
    this.#previous = previous && {
      hash: hashKey(previous.key.expose()),
      validUntilMs: previous.validUntil.getTime(),
    };
  }

  /** Which of them has this hash; a previous one only within its grace. Tells nothing by the time it takes. */
  find(hash: string): "current" | "previous" | undefined {
    if (isSameHash(hash, this.#currentHash)) return "current";
    const previous = this.#previous;
    if (previous === undefined || !isSameHash(hash, previous.hash)) return undefined;
    return previous.validUntilMs > this.#clock.now() ? "previous" : undefined;
  }

  /** Whether a key is one of them, valid or not: no virtual key may be. */
  includes(raw: string): boolean {
    const hash = hashKey(raw);
    const isPrevious = this.#previous !== undefined && isSameHash(hash, this.#previous.hash);
    return isSameHash(hash, this.#currentHash) || isPrevious;
  }
}
