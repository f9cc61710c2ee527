import type { Reservation } from "../ledger/reservation";
import type { CountKind } from "./counts-of-request";
import type { TakenQuota } from "./leased-quota";
import type { Limiter } from "./limiter";

/** What one request holds of the limits of its key and of its user. */
export class HeldLimits {
  /** Among the parallel requests. */
  readonly #places: Reservation[] = [];
  readonly #counts: Readonly<Record<CountKind, TakenQuota[]>> = {
    requests: [],
    tokens: [],
    counts: [],
  };

  constructor(readonly limiter: Pick<Limiter, "refund" | "correct">) {}

  addPlace(place: Reservation): void {
    this.#places.push(place);
  }

  /** How many of those. */
  get places(): number {
    return this.#places.length;
  }

  addCount(kind: CountKind, taken: TakenQuota): void {
    this.#counts[kind].push(taken);
  }

  /**
   * The request was refused before a provider was asked: it counts for nothing. Only counting stays counted, because an
   * estimate asks no provider, and is work all the same.
   */
  giveBack(): void {
    this.#leave();
    const { requests, tokens } = this.#counts;
    for (const taken of [...requests, ...tokens]) this.limiter.refund(taken);
  }

  /**
   * The request is over, and a provider was asked.
   * @param actualTokens takes the place of the estimate; 0, since none was reported, leaves it standing
   */
  settle(actualTokens: number): void {
    this.#leave();
    if (actualTokens > 0) for (const taken of this.#counts.tokens) this.limiter.correct(taken, actualTokens);
  }

  #leave(): void {
    for (const place of this.#places) place.release();
  }
}
