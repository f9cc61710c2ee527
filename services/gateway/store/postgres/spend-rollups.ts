import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { Clock } from "../../../shared/clock";
import type { MaintenanceTask } from "./background";
import { tryTransactionLock } from "./locks";
import {
  ADD_UP_DAY,
  CLAIM_RECONCILIATION,
  DAYS_TO_RECONCILE,
  DIFFERENCES_OF_DAY,
  FOLD_DELTAS,
  TAKE_WAITING_DAY,
} from "./spend-by-day";

const INTERVAL_MS = 5000;
/** Between steps when there is more to do, in milliseconds: requests come first. */
const ROLLUP_PAUSE_MS = 500;
/** How long one step may take, in milliseconds. */
const ROLLUP_STEP_MS = 1000;
/** Deltas of one statement at most. */
const BATCH = 5000;
/** Longest time of one statement, in milliseconds: a day may have many rows. */
const ROLLUP_STATEMENT_MS = 50_000;
/** Deltas that are counted at most. */
const MOST_COUNTED = 1_000_000;
/** Days between two lines about those from before. */
const DAYS_PER_LINE = 30;

/** Settings of `SpendRollups`. */
interface SpendRollupsSettings {
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
    while (hasMore && clock.now() - start < ROLLUP_STEP_MS) {
      const moved = await this.#step(client, () => moveDeltas(client));
      const added = moved < BATCH ? await this.#step(client, () => this.#addUpDay(client)) : 0;
      hasMore = moved === BATCH || added > 0;
    }
    this.#pending = await countDeltas(client);
    if (hasMore) this.#nextRun = clock.now() + ROLLUP_PAUSE_MS;
  }

  /** @returns what `work` does; 0 where another replica is at it, or when it fails: it is tried again at the next run */
  async #step(client: ClientBase, work: () => Promise<number>): Promise<number> {
    await client.query("BEGIN");
    try {
      await client.query(`SET LOCAL statement_timeout = ${ROLLUP_STATEMENT_MS}`);
      const done = (await tryTransactionLock(client, "spend")) ? await work() : 0;
      await client.query("COMMIT");
      return done;
    } catch (error) {
      await client.query("ROLLBACK");
      this.#settings.logger.warn({ err: error }, "failed to update daily spend, retrying");
      return 0;
    }
  }

  async #addUpDay(client: ClientBase): Promise<number> {
    const { rows } = await client.query<{ day: string }>(TAKE_WAITING_DAY);
    if (rows[0] === undefined) return 0;
    await client.query(ADD_UP_DAY, [rows[0].day]);
    const left = await client.query<{ days: number }>("SELECT count(*)::int AS days FROM spend_backfill");
    const days = left.rows[0]?.days ?? 0;
    if (days === 0) this.#settings.logger.info("daily spend backfilled");
    else if (days % DAYS_PER_LINE === 0) this.#settings.logger.info({ days }, "backfilling daily spend");
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

/** After the start of the process, which has more urgent work, in milliseconds. */
const FIRST_MS = 120_000;
const LOOK_MS = 300_000;
/** How long one step may take, and the pause after it, in milliseconds: requests come first. */
const RECONCILE_STEP_MS = 250;
const RECONCILE_PAUSE_MS = 250;
/** Longest time of one statement, in milliseconds. */
const RECONCILE_STATEMENT_MS = 30_000;
/** Groups of a day that are told one by one. */
const MOST_TOLD = 20;

/** Settings of `SpendReconciliation`. */
interface SpendReconciliationSettings {
  /** Only differences count. */
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

/** A comparison that is under way. */
interface Comparison {
  readonly days: string[];
  readonly count: number;
  differenceNanoUsd: number;
  differentGroups: number;
}

interface DifferenceRow {
  key_id: string | null;
  key_alias: string | null;
  user_id: string | null;
  end_user: string | null;
  model_requested: string | null;
  requests: string;
  cost_nano_usd: string;
  groups: string;
  all_nano_usd: string;
}

/**
 * Compares, once a day on one of the gateways, what the rows of each day add up to with the sums of that day: each within one
 * snapshot, to the nano-dollar, in all that is added up. There is no difference unless somebody changed one of both by hand, or a version
 * of the gateway has a fault: so each is an error in the log, with day, key and amount. Days whose rows are gone are left out.
 */
export class SpendReconciliation implements MaintenanceTask {
  readonly #settings: SpendReconciliationSettings;
  #nextRun: number;
  #comparison: Comparison | undefined;
  #differenceNanoUsd = 0;

  constructor(settings: SpendReconciliationSettings) {
    this.#settings = settings;
    this.#nextRun = settings.clock.now() + FIRST_MS;
  }

  /** What differed at the last comparison of any gateway, as a sum of absolute amounts. */
  get differenceNanoUsd(): number {
    return this.#differenceNanoUsd;
  }

  get isDue(): boolean {
    return this.#settings.clock.now() >= this.#nextRun;
  }

  /** Some days; due again soon when there are more. @throws the error of a connection that is lost */
  async run(client: ClientBase): Promise<void> {
    const { clock, logger } = this.#settings;
    const start = clock.now();
    this.#nextRun = start + LOOK_MS;
    try {
      await client.query(`SET statement_timeout = ${RECONCILE_STATEMENT_MS}`);
      this.#comparison ??= await this.#begin(client);
      const comparison = this.#comparison;
      if (comparison !== undefined) {
        while (comparison.days.length > 0 && clock.now() - start < RECONCILE_STEP_MS)
          await this.#compare(client, comparison, comparison.days.shift() ?? "");
        if (comparison.days.length > 0) this.#nextRun = clock.now() + RECONCILE_PAUSE_MS;
        else this.#comparison = undefined;
        await this.#note(client, comparison);
      }
      await this.#readDifference(client);
    } catch (error) {
      this.#comparison = undefined;
      logger.warn({ err: error }, "failed to reconcile daily spend, retrying");
    } finally {
      await client.query("RESET statement_timeout");
    }
  }

  /** @returns `undefined` when it is not time yet, or another gateway is at it */
  async #begin(client: ClientBase): Promise<Comparison | undefined> {
    if ((await client.query(CLAIM_RECONCILIATION)).rowCount === 0) return undefined;
    const days = await readDays(client);
    return { days, count: days.length, differenceNanoUsd: 0, differentGroups: 0 };
  }

  async #compare(client: ClientBase, comparison: Comparison, day: string): Promise<void> {
    const { rows } = await client.query<DifferenceRow>(DIFFERENCES_OF_DAY, [day, MOST_TOLD]);
    // Its rows may have gone with their month meanwhile.
    if (rows[0] === undefined || !(await readDays(client)).includes(day)) return;
    comparison.differentGroups += Number(rows[0].groups);
    comparison.differenceNanoUsd += Number(rows[0].all_nano_usd);
    for (const row of rows)
      this.#settings.logger.error(
        {
          day,
          keyId: row.key_id,
          keyAlias: row.key_alias,
          userId: row.user_id,
          endUser: row.end_user,
          model: row.model_requested,
          rowsMinusSumsNanoUsd: Number(row.cost_nano_usd),
          rowsMinusSumsRequests: Number(row.requests),
        },
        "daily spend differs from its audit rows: one of the two was changed by hand; see docs/operations.md",
      );
  }

  /** Either "not finished", or the result. */
  async #note(client: ClientBase, { days, count, ...found }: Comparison): Promise<void> {
    if (days.length > 0) {
      await client.query(
        "UPDATE spend_reconciliation SET working_until = clock_timestamp() + interval '1 minute'",
      );
      return;
    }
    await client.query(
      `UPDATE spend_reconciliation
          SET working_until = clock_timestamp(), checked_at = clock_timestamp(), days = $1, difference_nano_usd = $2`,
      [count, found.differenceNanoUsd],
    );
    const { logger } = this.#settings;
    if (found.differentGroups === 0) logger.info({ days: count }, "daily spend reconciled: no differences");
    else logger.error({ days: count, ...found }, "daily spend reconciled: differences found");
  }

  async #readDifference(client: ClientBase): Promise<void> {
    const { rows } = await client.query<{ nano_usd: string }>(
      "SELECT difference_nano_usd AS nano_usd FROM spend_reconciliation",
    );
    this.#differenceNanoUsd = Number(rows[0]?.nano_usd ?? 0);
  }
}

async function readDays(client: ClientBase): Promise<string[]> {
  return (await client.query<{ day: string }>(DAYS_TO_RECONCILE)).rows.map(({ day }) => day);
}
