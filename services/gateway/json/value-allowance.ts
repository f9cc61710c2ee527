/**
 * Values in one request, whatever their kind, those in texts that are JSON themselves included. The largest window there is, a
 * million tokens, holds about 125,000 of them when an agent fills it with the smallest calls of tools that are seen: 18 values and 150
 * tokens for a call and its result. Transcripts of 32 MiB have some ten thousands.
 */
export const MAX_VALUES = 150_000;

/** How many values may still be read. */
export class ValueAllowance {
  #used = 0;

  /** @param most values that may be read. @default - those of one request */
  constructor(readonly most = MAX_VALUES) {}

  /** Values that were read. */
  get used(): number {
    return this.#used;
  }

  get left(): number {
    return this.most - this.#used;
  }

  /** @param values that were read, at most one more than were left */
  use(values: number): void {
    this.#used += values;
  }

  /** Whether more values came than were allowed. */
  get isExceeded(): boolean {
    return this.#used > this.most;
  }
}
