import { onStopSignal } from "../local/stop-signal";
import { InterruptedError } from "../terminal/interrupted-error";

/**
 * Runs work whose steps must not be cut in two by a signal: it is heeded between them. What is under way says by itself that it is waited for.
 * @param work is given a function to call between steps; it ends the work once a signal has come
 * @throws InterruptedError when a signal came, even if the work failed of it
 */
export async function betweenSteps<T>(work: (checkpoint: (done: string) => void) => Promise<T>): Promise<T> {
  let received: NodeJS.Signals | undefined;
  const endListening = onStopSignal((_hurry, signal) => {
    received ??= signal;
  });
  try {
    return await work((done) => {
      if (received !== undefined) throw new InterruptedError(received, done);
    });
  } catch (error) {
    if (received === undefined || error instanceof InterruptedError) throw error;
    throw new InterruptedError(received, (error as Error).message);
  } finally {
    endListening();
  }
}
