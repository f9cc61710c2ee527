import { setTimeout as wait } from "node:timers/promises";
import { isConflict } from "./error-class";

const ATTEMPTS = 5;
/** Before the second attempt at most; doubled with each, in milliseconds. */
const FIRST_PAUSE_MS = 10;

/**
 * Repeats what others were in the way of: Postgres has rolled it back, so that nothing of it is there.
 * @param work a statement or a transaction
 * @throws what `work` throws, a conflict only after five attempts
 */
export async function retryConflicts<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isConflict(error)) throw error;
    }
    // By chance, so that two that met do not meet again.
    await wait(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
  }
}
