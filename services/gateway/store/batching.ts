import { setTimeout as wait } from "node:timers/promises";
import { monotonicClock } from "../../shared/clock";

interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** One question to a store at a time; what is asked meanwhile goes together in the next, so that many requests cost few statements. */
export class Questions<Question, Answer> {
  #waiting: Waiting<Question, Answer>[] = [];
  #isAsking = false;
  #wake = new AbortController();

  constructor(
    /** @returns an answer to each question, in their order */
    readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
    /** Asked together at most. */
    readonly maxTogether = 200,
    /** How far apart questions are kept when others come meanwhile. @default - not at all */
    readonly spacing = new Spacing(0, 1),
  ) {}

  /** @throws what asking for all of those together throws */
  put(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (this.#waiting.length >= this.spacing.enough) this.#wake.abort();
      if (this.#isAsking) return;
      this.#isAsking = true;
      // What one request asks for, and others that came with it, goes together.
      setImmediate(() => void this.#askAll());
    });
  }

  /** Waits, or until as many have come as need not wait. */
  async #forEnough(waitMs: number): Promise<void> {
    this.#wake = new AbortController();
    await wait(waitMs, undefined, { signal: this.#wake.signal }).catch(() => {});
  }

  async #askAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waitMs = this.spacing.waitMs(this.#waiting.length);
      if (waitMs > 0) {
        await this.#forEnough(waitMs);
        continue;
      }
      const together = this.#waiting.splice(0, this.maxTogether);
      this.spacing.begin(together.length);
      try {
        const answers = await this.ask(together.map(({ question }) => question));
        for (const [index, { resolve, reject }] of together.entries()) {
          const answer = answers[index];
          if (answer === undefined) reject(new Error("a question without an answer"));
          else resolve(answer);
        }
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#isAsking = false;
  }
}

/** Writes are spaced while so much, on an average of the last few, has come into one by waiting. */
const WORTH_WAITING = 0.25;
/** How much the last one counts in that average. */
const LAST_COUNTS = 0.25;
/** One of so many is spaced all the same, to see whether it is worth it again. */
const PROBE_EVERY = 256;

/**
 * Keeps statements apart, so that what comes within a few milliseconds shares one, at rates at which each would have its own. What comes
 * alone never waits, and whoever sends one after the other learns that waiting is in vain.
 */
export class Spacing {
  #begun = Number.NEGATIVE_INFINITY;
  /** How much was there when waiting for the next one began. `undefined`: nobody waits. */
  #waitingWith: number | undefined;
  #joining = 2 * WORTH_WAITING;
  #untilProbe = PROBE_EVERY;

  constructor(
    /** From the beginning of one to that of the next, in milliseconds. 0: none waits. */
    readonly spacingMs: number,
    /** So much waits for nothing else to share a statement with. */
    readonly enough: number,
  ) {}

  /** How long the next one has to wait for others, in milliseconds; 0: it may begin. @param queued what would go with it now */
  waitMs(queued: number): number {
    if (this.spacingMs === 0) return 0;
    const leftMs = this.#begun + this.spacingMs - monotonicClock.now();
    if (leftMs <= 0 || queued >= this.enough) return 0;
    if (this.#waitingWith === undefined) {
      if (!this.#isWorthIt()) return 0;
      this.#waitingWith = queued;
    }
    return leftMs;
  }

  /** One begins. @param queued what goes with it */
  begin(queued: number): void {
    this.#begun = monotonicClock.now();
    if (this.#waitingWith === undefined) return;
    this.#joining += LAST_COUNTS * (queued - this.#waitingWith - this.#joining);
    this.#waitingWith = undefined;
  }

  #isWorthIt(): boolean {
    if (this.#joining >= WORTH_WAITING) return true;
    this.#untilProbe -= 1;
    if (this.#untilProbe > 0) return false;
    this.#untilProbe = PROBE_EVERY;
    return true;
  }
}
