import { setTimeout as wait } from "node:timers/promises";
import { Spacing } from "./spacing";

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
