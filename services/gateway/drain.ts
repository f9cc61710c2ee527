import type { FastifyInstance } from "fastify";
import { shuttingDown } from "./errors";
import type { InFlight } from "./upstream/in-flight";

/** Keep-alive connections become idle one by one while answers end. */
const IDLE_SWEEP_MS = 100;
/** For the last bytes of answers that were ended, in milliseconds. */
const LAST_BYTES_MS = 2000;

/**
 * Stops accepting, lets running answers end for at most `graceMs`, those that are only read for what they cost, too, then
 * ends them with an error event, so that their rows are written and nobody takes a piece for the whole. No client can make it
 * last longer.
 */
export async function drain(app: FastifyInstance, inFlight: InFlight, graceMs: number): Promise<void> {
  const abort = setTimeout(() => inFlight.abortAll(shuttingDown()), graceMs);
  // What is open then waits for a client: for its body, or until it takes its answer. The rows that are left are worth more.
  const cut = setTimeout(() => {
    inFlight.abortAll(shuttingDown());
    app.server.closeAllConnections();
  }, graceMs + LAST_BYTES_MS);
  const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP_MS);
  try {
    await app.close();
    await inFlight.left.over();
  } finally {
    clearTimeout(abort);
    clearTimeout(cut);
    clearInterval(sweep);
  }
}
