import { monotonicClock } from "../../ports/clock";

/** Whether the main thread runs: it counts up in memory that both threads share, and this is how another one sees it. */
export class Pulse {
  #count: number;
  #changedAt: number;

  constructor(
    readonly counter: Int32Array,
    /** Without a change for longer than this it does not run, in milliseconds. */
    readonly stalledAfterMs: number,
    /** Milliseconds of a clock that nobody sets. */
    readonly now: () => number = monotonicClock.now,
  ) {
    this.#count = Atomics.load(counter, 0);
    this.#changedAt = now();
  }

  /** To be asked often: what happened in between counts as happened now. */
  get isAlive(): boolean {
    const count = Atomics.load(this.counter, 0);
    const now = this.now();
    if (count !== this.#count) {
      this.#count = count;
      this.#changedAt = now;
    }
    return now - this.#changedAt <= this.stalledAfterMs;
  }
}
