import type { ServerResponse } from "node:http";
import { monotonicClock } from "../ports/clock";
import { Exchange } from "./exchange";

/** Least that a client must take of an answer that waits for it, in bytes a second. */
const LEAST_BYTES_PER_SECOND = 16 * 1024;
/** Looked at so often in one drain timeout, and once a second at least. */
const LOOKS = 4;

/** An answer of which something waits for its client. */
interface Waiting {
  /** What the system had taken of the connection's bytes. */
  taken: number;
  /** When that changed. */
  since: number;
}

/**
 * Ends connections whose clients take nothing of their answers: with each of them a request would keep its money, its place and
 * its memory for as long as the client likes. Nothing is measured while there is nothing to take.
 */
export class SlowReaders {
  readonly #responses = new Set<ServerResponse>();
  readonly #waiting = new WeakMap<ServerResponse, Waiting>();
  #timer: NodeJS.Timeout | undefined;

  /** @param drainTimeoutMs without any progress, in milliseconds */
  constructor(readonly drainTimeoutMs: number) {}

  start(): void {
    this.#timer ??= setInterval(() => this.#look(monotonicClock.now()), this.#intervalMs()).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Answers that are watched. */
  get size(): number {
    return this.#responses.size;
  }

  /** Watches an answer until it is over. */
  watch(response: ServerResponse): void {
    this.#responses.add(response);
    Exchange.of(response).onOver(() => this.#responses.delete(response));
  }

  #intervalMs(): number {
    return Math.min(1000, Math.ceil(this.drainTimeoutMs / LOOKS));
  }

  #look(now: number): void {
    for (const response of this.#responses) {
      const { socket } = response;
      if (socket === null) continue;
      const left = socket.writableLength;
      const waiting = this.#waiting.get(response);
      if (left === 0) {
        if (waiting === undefined) continue;
        this.#waiting.delete(response);
        socket.setTimeout(0);
        continue;
      }
      const taken = socket.bytesWritten - left;
      if (waiting === undefined) {
        this.#waiting.set(response, { taken, since: now });
        // Node's own time limit sees progress within one large write, too; it ends the connection.
        socket.setTimeout(this.drainTimeoutMs);
      } else if (waiting.taken !== taken) {
        waiting.taken = taken;
        waiting.since = now;
      } else if (now - waiting.since > this.drainTimeoutMs + (left / LEAST_BYTES_PER_SECOND) * 1000) {
        socket.destroy();
      }
    }
  }
}
