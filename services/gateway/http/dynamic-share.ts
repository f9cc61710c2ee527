/**
 * Who of many holds how much of an amount, so that nobody keeps all others from it: a holder may have as much as is left free, as
 * switches share their buffers ("dynamic threshold"). One who wants everything gets a half, two get a third each, and there is
 * always something left for whoever holds nothing.
 */
export class DynamicShare {
  readonly #byHolder = new Map<string, number>();

  /** @param free of the whole amount, after this one is taken. @returns whether `holder` may take one more */
  take(holder: string, free: number): boolean {
    const held = (this.#byHolder.get(holder) ?? 0) + 1;
    if (held > free) return false;
    this.#byHolder.set(holder, held);
    return true;
  }

  giveBack(holder: string): void {
    const held = (this.#byHolder.get(holder) ?? 0) - 1;
    if (held > 0) this.#byHolder.set(holder, held);
    else this.#byHolder.delete(holder);
  }
}
