import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { Clock } from "../../ports/clock";
import { tryTransactionLock } from "./advisory-locks";
import { MAX_BUDGETS } from "./create-budget";
import type { MaintenanceTask } from "./maintenance";
import { SWEEPS } from "./sweep-statements";

/** After the start of the process, which has more urgent work, in milliseconds. */
const FIRST_MS = 600_000;
const INTERVAL_MS = 3_600_000;
/** Part of the most budgets from which on it is told. */
const NEARLY = 0.9;
/** Longest time of one statement, in milliseconds. */
const STATEMENT_MS = 5000;

/** Settings of `Sweep`. */
export interface SweepSettings {
  /** Only differences count. */
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** Rows of one statement at most. @default 2000 */
  readonly batch?: number;
}

/**
 * Removes, once an hour and in small steps, what the ledger and the limits leave behind: the tables stay as large as what
 * is in use. A step that fails is tried again an hour later; nothing depends on it.
 */
export class Sweep implements MaintenanceTask {
  readonly #settings: Required<SweepSettings>;
  #nextRun: number;

  constructor(settings: SweepSettings) {
    this.#settings = { batch: 2000, ...settings };
    this.#nextRun = settings.clock.now() + FIRST_MS;
  }

  get isDue(): boolean {
    return this.#settings.clock.now() >= this.#nextRun;
  }

  /** @throws the error of a connection that is lost */
  async run(client: ClientBase): Promise<void> {
    const { clock, logger, batch } = this.#settings;
    this.#nextRun = clock.now() + INTERVAL_MS;
    await client.query("BEGIN");
    try {
      await client.query(`SET LOCAL statement_timeout = ${STATEMENT_MS}`);
      const isMine = await tryTransactionLock(client, "sweep");
      const removed: Record<string, number> = {};
      for (const [what, statement] of isMine ? SWEEPS : []) {
        const { rowCount } = await client.query(statement, [batch]);
        if (rowCount) removed[what] = rowCount;
      }
      if (isMine) await this.#countBudgets(client);
      await client.query("COMMIT");
      if (Object.keys(removed).length > 0) logger.info({ removed }, "what is out of use was removed");
      // There is more, in a transaction of its own.
      if (Object.values(removed).some((count) => count >= batch)) this.#nextRun = clock.now();
    } catch (error) {
      await client.query("ROLLBACK");
      logger.warn({ err: error }, "what is out of use was not removed; tried again in an hour");
    }
  }

  /** Has the server estimate their number, which bounds those of end users. */
  async #countBudgets(client: ClientBase): Promise<void> {
    await client.query("ANALYZE budgets");
    const { rows } = await client.query<{ budgets: number }>(
      "SELECT reltuples::int AS budgets FROM pg_class WHERE oid = 'budgets'::regclass",
    );
    const budgets = rows[0]?.budgets ?? 0;
    if (budgets > NEARLY * MAX_BUDGETS)
      this.#settings.logger.warn(
        { budgets, most: MAX_BUDGETS },
        "nearly as many budgets as are kept: beyond that new end users get 429; see docs/operations.md",
      );
  }
}
