interface Waiting<Question, Answer> {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** One question to a store at a time; what is asked meanwhile goes together in the next, so that many requests cost few statements. */
export class Questions<Question, Answer> {
  #waiting: Waiting<Question, Answer>[] = [];
  #isAsking = false;

  constructor(
    /** @returns an answer to each question, in their order */
    readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
    /** Asked together at most. */
    readonly maxTogether = 200,
  ) {}

  /** @throws what asking for all of those together throws */
  put(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (this.#isAsking) return;
      this.#isAsking = true;
      // What one request asks for, and others that came with it, goes together.
      setImmediate(() => void this.#askAll());
    });
  }

  async #askAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, this.maxTogether);
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
