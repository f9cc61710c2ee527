import type { QuotaGrant, QuotaRequest, QuotaStore } from "../ports/quota-store";

interface Waiting {
  readonly request: QuotaRequest;
  readonly resolve: (grant: QuotaGrant) => void;
  readonly reject: (error: unknown) => void;
}

/** One question to the store at a time; what is asked meanwhile goes together in the next, so that many limits cost few statements. */
export class Questions {
  #waiting: Waiting[] = [];
  #isAsking = false;

  constructor(
    readonly store: Pick<QuotaStore, "take">,
    /** Requests of one question at most. */
    readonly maxTogether = 200,
  ) {}

  /** @throws StoreUnavailableError */
  ask(request: QuotaRequest): Promise<QuotaGrant> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      if (this.#isAsking) return;
      this.#isAsking = true;
      // The limits of one request, and of others that came with it, are asked for together.
      setImmediate(() => void this.#askAll());
    });
  }

  async #askAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, this.maxTogether);
      try {
        const grants = await this.store.take(together.map(({ request }) => request));
        for (const [index, { resolve, reject }] of together.entries()) {
          const grant = grants[index];
          if (grant === undefined) reject(new Error("a question without an answer"));
          else resolve(grant);
        }
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#isAsking = false;
  }
}
