import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { Clock } from "../../ports/clock";
import type { LinkUser } from "./link";
import { SWEEPS } from "./sweep-statements";

/** Any number, the same in every replica: only one of them sweeps at a time. */
const SWEEP_LOCK = 7_205_320;
/** After a new connection, which has more urgent work, in milliseconds. */
const FIRST_MS = 600_000;
const INTERVAL_MS = 86_400_000;
/** Longest time of one statement: other work of the connection waits for it, in milliseconds. */
const STATEMENT_MS = 2000;

/** Settings of `Sweep`. */
export interface SweepSettings {
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** Rows of one statement at most. @default 2000 */
  readonly batch?: number;
}

/**
 * Removes, once a day and in small steps, what the ledger and the limits leave behind: the tables stay as large as what
 * is in use. A step that fails is tried again the next day; nothing depends on it.
 */
export class Sweep implements LinkUser {
  readonly #settings: Required<SweepSettings>;
  #nextRun = Number.POSITIVE_INFINITY;

  constructor(settings: SweepSettings) {
    this.#settings = { batch: 2000, ...settings };
  }

  async onConnect(): Promise<void> {
    this.#nextRun = this.#settings.clock.now() + FIRST_MS;
  }

  /** @throws the error of a connection that is lost, which the link sees to */
  async onPoll(client: ClientBase): Promise<void> {
    const { clock, logger, batch } = this.#settings;
    if (clock.now() < this.#nextRun) return;
    this.#nextRun = clock.now() + INTERVAL_MS;
    await client.query("BEGIN");
    try {
      await client.query(`SET LOCAL statement_timeout = ${STATEMENT_MS}`);
      const { rows } = await client.query<{ isMine: boolean }>(
        `SELECT pg_try_advisory_xact_lock($1) AS "isMine"`,
        [SWEEP_LOCK],
      );
      const removed: Record<string, number> = {};
      for (const [what, statement] of rows[0]?.isMine === true ? SWEEPS : []) {
        const { rowCount } = await client.query(statement, [batch]);
        if (rowCount) removed[what] = rowCount;
      }
      await client.query("COMMIT");
      if (Object.keys(removed).length > 0) logger.info({ removed }, "what is out of use was removed");
      // There is more: the next step comes with the next poll, so that notifications are not held up.
      if (Object.values(removed).some((count) => count >= batch)) this.#nextRun = clock.now();
    } catch (error) {
      await client.query("ROLLBACK");
      logger.warn({ err: error }, "what is out of use was not removed; tried again in a day");
    }
  }
}
