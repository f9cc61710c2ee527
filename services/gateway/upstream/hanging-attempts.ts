/** An attempt that waits for the first event of its answer. Times in milliseconds. */
interface Waiting {
  readonly begunAt: number;
  readonly patienceMs: number;
}

/**
 * The attempts at one deployment that have heard nothing so far. They hang when the deployment has said nothing at all, to nobody,
 * for longer than it usually takes: long before their time limits say so, which would be late under load.
 */
export class HangingAttempts {
  readonly #waiting = new Set<Waiting>();
  #heardAt = Number.NEGATIVE_INFINITY;

  /**
   * An attempt begins. @param patienceMs from when on its silence is unusual
   * @returns must be called when it is heard of, or over; later calls do nothing
   */
  begin(nowMs: number, patienceMs: number): () => void {
    const waiting = { begunAt: nowMs, patienceMs };
    this.#waiting.add(waiting);
    return () => void this.#waiting.delete(waiting);
  }

  /** The deployment said something, to whichever attempt. */
  heard(nowMs: number): void {
    this.#heardAt = nowMs;
  }

  /** How many hang. @param most is enough to know of */
  count(nowMs: number, most: number): number {
    if (this.#waiting.size === 0) return 0;
    let count = 0;
    for (const { begunAt, patienceMs } of this.#waiting) {
      if (nowMs - Math.max(begunAt, this.#heardAt) <= patienceMs) continue;
      count += 1;
      if (count >= most) break;
    }
    return count;
  }
}
