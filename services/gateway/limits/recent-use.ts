/** How much is used within a span of time, as a forecast for the next span of the same length. */
export class RecentUse {
  #current = 0;
  #previous = 0;
  #since = Number.NEGATIVE_INFINITY;

  /** @param spanMs in milliseconds */
  constructor(readonly spanMs: number) {}

  add(amount: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#current += amount;
  }

  /** What is to be expected within the next span: as much as in the span before, or more when this one has more already. */
  expected(nowMs: number): number {
    this.#turn(nowMs);
    return Math.max(this.#current, this.#previous);
  }

  #turn(nowMs: number): void {
    const age = nowMs - this.#since;
    if (age < this.spanMs) return;
    this.#previous = age < 2 * this.spanMs ? this.#current : 0;
    this.#current = 0;
    this.#since = nowMs;
  }
}
