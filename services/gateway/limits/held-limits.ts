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

  #isOver = false;

  constructor(readonly limiter: Pick<Limiter, "refund" | "correct">) {}

  addPlace(place: Reservation): void {
    this.#places.push(place);
  }

  /** How many of those. */
  get places(): number {
    return this.#places.length;
  }

  /** What comes when the request is over already, because its client left, is given back. */
  addCount(kind: CountKind, taken: TakenQuota): void {
    if (this.#isOver) this.limiter.refund(taken);
    else this.#counts[kind].push(taken);
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
   * @param actualTokens takes the place of the estimate; 0, since none was reported, leaves that of the input standing
   */
  settle(actualTokens: number): void {
    this.#leave();
    for (const taken of this.#counts.tokens)
      this.limiter.correct(taken, actualTokens > 0 ? actualTokens : taken.amount - taken.reserved);
  }

  #leave(): void {
    this.#isOver = true;
    for (const place of this.#places) place.settle(0);
  }
}
