import type { ClientBase } from "pg";
import type { Logger } from "pino";
import { type Clock, monotonicClock } from "../../../shared/clock";
import type { LinkUser } from "./link";

/** A difference of the machine's clock that is worth a word, in milliseconds. */
const FAR_MS = 30_000;
/** Differences that are not worth a change, beside what the way of the answer leaves open, in milliseconds. */
const EQUAL_MS = 5;

/** What `DatabaseClock` needs of the machine. */
export interface DatabaseClockSettings {
  readonly logger: Pick<Logger, "warn">;
  /** @default Date.now */
  readonly systemNow?: () => number;
  /** Milliseconds of a clock that nobody sets. @default monotonicClock */
  readonly monotonicNow?: () => number;
}

/**
 * The database's time, which all gateways share, as this process knows it: what the database said last, and the monotonic time
 * since. When somebody sets this machine's clock nothing happens here. Until the database has answered it is the machine's time.
 */
export class DatabaseClock implements Clock, LinkUser {
  readonly #logger: Pick<Logger, "warn">;
  readonly #systemNow: () => number;
  readonly #monotonicNow: () => number;
  /** Database time minus monotonic time. */
  #offsetMs: number;
  #isKnown = false;
  #isFar = false;

  constructor({ logger, systemNow = Date.now, monotonicNow = monotonicClock.now }: DatabaseClockSettings) {
    this.#logger = logger;
    this.#systemNow = systemNow;
    this.#monotonicNow = monotonicNow;
    this.#offsetMs = systemNow() - monotonicNow();
  }

  now(): number {
    return Math.round(this.#monotonicNow() + this.#offsetMs);
  }

  onConnect(client: ClientBase): Promise<void> {
    return this.#ask(client);
  }

  /** The first statement of each poll, and so the link's sign of life as well. */
  onPoll(client: ClientBase): Promise<void> {
    return this.#ask(client);
  }

  async #ask(client: ClientBase): Promise<void> {
    const before = this.#monotonicNow();
    const { rows } = await client.query<{ ms: number }>(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms",
    );
    const after = this.#monotonicNow();
    const ms = rows[0]?.ms;
    if (ms === undefined) return;
    const offsetMs = ms - (before + after) / 2;
    const moved = offsetMs - this.#offsetMs;
    // An answer that took long says little: the known time stands as long as it may be right.
    const isEqual = this.#isKnown && Math.abs(moved) <= EQUAL_MS + (after - before) / 2;
    if (this.#isKnown && Math.abs(moved) > FAR_MS)
      this.#logger.warn({ movedMs: Math.round(moved) }, "database clock changed");
    if (!isEqual) this.#offsetMs = offsetMs;
    this.#isKnown = true;
    this.#compare();
  }

  #compare(): void {
    const aheadMs = Math.round(this.#systemNow() - this.now());
    const isFar = Math.abs(aheadMs) > FAR_MS;
    if (isFar && !this.#isFar)
      this.#logger.warn(
        { aheadMs },
        "clock skew: this machine's clock differs from the database's, which is used; synchronize it",
      );
    this.#isFar = isFar;
  }
}
