import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { Clock } from "../../ports/clock";
import type { MaintenanceTask } from "./maintenance";
import { CLAIM_RECONCILIATION, DAYS_TO_RECONCILE, DIFFERENCES_OF_DAY } from "./spend-by-day";

/** After the start of the process, which has more urgent work, in milliseconds. */
const FIRST_MS = 120_000;
const LOOK_MS = 300_000;
/** How long one step goes on, and the pause after it, in milliseconds: requests come first. */
const STEP_MS = 250;
const PAUSE_MS = 250;
/** Longest time of one statement, in milliseconds. */
const STATEMENT_MS = 30_000;
/** Groups of a day that are told one by one. */
const MOST_TOLD = 20;

/** Settings of `SpendReconciliation`. */
export interface SpendReconciliationSettings {
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
      await client.query(`SET statement_timeout = ${STATEMENT_MS}`);
      this.#comparison ??= await this.#begin(client);
      const comparison = this.#comparison;
      if (comparison !== undefined) {
        while (comparison.days.length > 0 && clock.now() - start < STEP_MS)
          await this.#compare(client, comparison, comparison.days.shift() ?? "");
        if (comparison.days.length > 0) this.#nextRun = clock.now() + PAUSE_MS;
        else this.#comparison = undefined;
        await this.#note(client, comparison);
      }
      await this.#readDifference(client);
    } catch (error) {
      this.#comparison = undefined;
      logger.warn({ err: error }, "sums of days not compared with their rows, trying again");
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
        "what was spent on a day is not what its rows add up to: one of both was changed by hand; see docs/operations.md",
      );
  }

  /** That it goes on, or its result. */
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
    if (found.differentGroups === 0)
      logger.info({ days: count }, "what was spent on each day is what its rows add up to");
    else logger.error({ days: count, ...found }, "sums of days and their rows differ");
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
