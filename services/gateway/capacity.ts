/** How much a process takes on at the same time. */
export interface CapacityLimits {
  /** Answers that are being made. */
  readonly maxAnswers: number;
  /** Request bodies in memory, together, in bytes. */
  readonly maxBodyBytes: number;
}

/** Counts what requests hold, so that too many of them are refused instead of filling memory. */
export class Capacity {
  #answers = 0;
  #bodyBytes = 0;

  constructor(readonly limits: CapacityLimits) {}

  get answers(): number {
    return this.#answers;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** @returns whether there was room */
  takeAnswer(): boolean {
    if (this.#answers >= this.limits.maxAnswers) return false;
    this.#answers += 1;
    return true;
  }

  giveBackAnswer(): void {
    this.#answers -= 1;
  }

  /** @returns whether there was room for all of it */
  takeBytes(bytes: number): boolean {
    if (this.#bodyBytes + bytes > this.limits.maxBodyBytes) return false;
    this.#bodyBytes += bytes;
    return true;
  }

  giveBackBytes(bytes: number): void {
    this.#bodyBytes -= bytes;
  }
}
