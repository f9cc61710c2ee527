/** An amount that many take of, and of which nobody may have all. Those who hold nothing are forgotten. */
export class FairShare {
  #taken = 0;
  readonly #byHolder = new Map<string, number>();

  /**
   * @param limit what all may have together
   * @param share what one holder may have
   */
  constructor(
    readonly limit: number,
    readonly share: number,
  ) {}

  /** What all have together. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether `holder` could take so much now. */
  hasRoom(holder: string, amount: number): boolean {
    return this.#taken + amount <= this.limit && (this.#byHolder.get(holder) ?? 0) + amount <= this.share;
  }

  /** @returns whether there was room for all of it */
  take(holder: string, amount: number): boolean {
    const held = this.#byHolder.get(holder) ?? 0;
    if (this.#taken + amount > this.limit || held + amount > this.share) return false;
    this.#taken += amount;
    this.#byHolder.set(holder, held + amount);
    return true;
  }

  /** @param amount of what `holder` took */
  giveBack(holder: string, amount: number): void {
    if (amount === 0) return;
    this.#taken -= amount;
    const held = (this.#byHolder.get(holder) ?? 0) - amount;
    if (held > 0) this.#byHolder.set(holder, held);
    else this.#byHolder.delete(holder);
  }
}

/** All but an eighth, which is left for others; where there are fewer than eight, all. */
export const mostOf = (limit: number): number => limit - Math.floor(limit / 8);
