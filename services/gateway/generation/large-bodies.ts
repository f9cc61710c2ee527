/** From this size on reading, translating and writing a body can take long enough to be felt by others, in bytes. */
const LARGE_BYTES = 128 * 1024;

/**
 * Lets one large body be worked on at a time. Each is done in one piece; of several that come together, all would be, and nobody
 * else was served meanwhile. In their order, with a turn of the event loop between two.
 */
export class LargeBodies {
  #last: Promise<void> | undefined;

  /** Resolves when a body may be read: at once for a small one, or when no other large one was in this turn of the loop. */
  turn(bytes: number): Promise<void> | undefined {
    if (bytes < LARGE_BYTES) return undefined;
    const before = this.#last;
    const next = new Promise<void>((resolve) => {
      // From when this one has its turn.
      const pass = () => setImmediate(resolve);
      if (before === undefined) pass();
      else void before.then(pass);
    });
    this.#last = next;
    void next.then(() => {
      if (this.#last === next) this.#last = undefined;
    });
    return before;
  }
}
