import { ProvisionerError } from "../errors";

/** Those that wait for one name at most. Who asks for one key so often has asked before. */
const MAX_WAITING = 10;

/**
 * One at a time for each name, in this process: whoever waits for a name holds nothing meanwhile, so that one name that takes long leaves the
 * connections to the others.
 */
export class Turns {
  /** Names that somebody has, with those who wait. */
  readonly #waiting = new Map<string, (() => void)[]>();

  /** @throws ProvisionerError 429 when too many wait for this name */
  async take<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const queue = this.#waiting.get(name);
    if (queue === undefined) this.#waiting.set(name, []);
    else {
      if (queue.length >= MAX_WAITING)
        throw new ProvisionerError(429, "rate_limited", "Too many wait for the same key; ask again in 5 s.", {
          retryAfterSeconds: 5,
        });
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.get(name)?.shift();
      if (next === undefined) this.#waiting.delete(name);
      else next();
    }
  }
}
