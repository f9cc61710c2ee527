import { setTimeout as sleep } from "node:timers/promises";

/** What came of asking again and again. */
export interface Asking {
  readonly answers: number;
  readonly failures: readonly string[];
}

/** Several callers, each of which does one thing after the other until it is told to stop. */
export class KeepAsking {
  #isOver = false;
  #answers = 0;
  readonly #failures: string[] = [];
  readonly #callers: Promise<void>[];

  /**
   * @param steps what each caller does, in turn; throws what is wrong
   * @param pauseMs between two steps of a caller
   */
  constructor(callers: number, steps: readonly (() => Promise<void>)[], pauseMs: number) {
    this.#callers = Array.from({ length: callers }, async (_, caller) => {
      for (let index = caller; !this.#isOver; index += 1) {
        try {
          await steps[index % steps.length]?.();
          this.#answers += 1;
        } catch (error) {
          this.#failures.push((error as Error).message);
        }
        await sleep(pauseMs);
      }
    });
  }

  async stop(): Promise<Asking> {
    this.#isOver = true;
    await Promise.all(this.#callers);
    return { answers: this.#answers, failures: this.#failures };
  }
}
