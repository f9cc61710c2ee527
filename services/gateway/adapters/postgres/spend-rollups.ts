import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { Clock } from "../../ports/clock";
import { tryTransactionLock } from "./advisory-locks";
import type { MaintenanceTask } from "./maintenance";
import { ADD_UP_DAY, FOLD_DELTAS, TAKE_WAITING_DAY } from "./spend-by-day";

const INTERVAL_MS = 5000;
/** Between steps when there is more to do, in milliseconds: requests come first. */
const PAUSE_MS = 500;
/** How long one step goes on, in milliseconds. */
const STEP_MS = 1000;
/** Deltas of one statement at most. */
const BATCH = 5000;
/** Longest time of one statement, in milliseconds: a day may have many rows. */
const STATEMENT_MS = 50_000;
/** Deltas that are counted at most. */
const MOST_COUNTED = 1_000_000;
/** Days between two lines about those from before. */
const DAYS_PER_LINE = 30;

/** Settings of `SpendRollups`. */
export interface SpendRollupsSettings {
  /** Only differences count. */
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn">;
}

/**
 * Keeps the sums of days small to read: moves what the trigger wrote to `spend_daily`, and adds up the days from before there were such
 * sums, newest first. Sums are exact whether this runs or not; each step is a transaction in which nothing changes for who reads.
 */
export class SpendRollups implements MaintenanceTask {
  readonly #settings: SpendRollupsSettings;
  #nextRun = Number.NEGATIVE_INFINITY;
  #pending = 0;

  constructor(settings: SpendRollupsSettings) {
    this.#settings = settings;
  }

  /** Deltas that waited at the end of the last run, of whoever moves them. */
  get deltasPending(): number {
    return this.#pending;
  }

  get isDue(): boolean {
    return this.#settings.clock.now() >= this.#nextRun;
  }

  /** @throws the error of a connection that is lost */
  async run(client: ClientBase): Promise<void> {
    const { clock } = this.#settings;
    const start = clock.now();
    this.#nextRun = start + INTERVAL_MS;
    let hasMore = true;
    while (hasMore && clock.now() - start < STEP_MS) {
      const moved = await this.#step(client, () => moveDeltas(client));
      const added = moved < BATCH ? await this.#step(client, () => this.#addUpDay(client)) : 0;
      hasMore = moved === BATCH || added > 0;
    }
    this.#pending = await countDeltas(client);
    if (hasMore) this.#nextRun = clock.now() + PAUSE_MS;
  }

  /** @returns what `work` does; 0 where another replica is at it, or when it fails: it is tried again at the next run */
  async #step(client: ClientBase, work: () => Promise<number>): Promise<number> {
    await client.query("BEGIN");
    try {
      await client.query(`SET LOCAL statement_timeout = ${STATEMENT_MS}`);
      const done = (await tryTransactionLock(client, "spend")) ? await work() : 0;
      await client.query("COMMIT");
      return done;
    } catch (error) {
      await client.query("ROLLBACK");
      this.#settings.logger.warn({ err: error }, "sums of days not brought up to date, trying again");
      return 0;
    }
  }

  async #addUpDay(client: ClientBase): Promise<number> {
    const { rows } = await client.query<{ day: string }>(TAKE_WAITING_DAY);
    if (rows[0] === undefined) return 0;
    await client.query(ADD_UP_DAY, [rows[0].day]);
    const left = await client.query<{ days: number }>("SELECT count(*)::int AS days FROM spend_backfill");
    const days = left.rows[0]?.days ?? 0;
    if (days === 0) this.#settings.logger.info("what was spent on each day before is added up");
    else if (days % DAYS_PER_LINE === 0)
      this.#settings.logger.info({ days }, "what was spent on each day before is being added up");
    return 1;
  }
}

async function moveDeltas(client: ClientBase): Promise<number> {
  return (await client.query<{ moved: number }>(FOLD_DELTAS, [BATCH])).rows[0]?.moved ?? 0;
}

async function countDeltas(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ deltas: number }>(
    "SELECT count(*)::int AS deltas FROM (SELECT FROM spend_deltas LIMIT $1) AS counted",
    [MOST_COUNTED],
  );
  return rows[0]?.deltas ?? 0;
}
