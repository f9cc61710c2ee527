import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { Clock } from "../../../shared/clock";
import type { MaintenanceTask } from "./background";
import { MAX_BUDGETS } from "./first-budgets";
import { tryTransactionLock } from "./locks";

/** After the start of the process, which has more urgent work, in milliseconds. */
const FIRST_MS = 600_000;
const INTERVAL_MS = 3_600_000;
/** Part of the most budgets from which on it is told. */
const NEARLY = 0.9;
/** Longest time of one statement, in milliseconds. */
const STATEMENT_MS = 5000;

/** Settings of `Sweep`. */
interface SweepSettings {
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
      if (Object.keys(removed).length > 0) logger.info({ removed }, "expired rows removed");
      // There is more, in a transaction of its own.
      if (Object.values(removed).some((count) => count >= batch)) this.#nextRun = clock.now();
    } catch (error) {
      await client.query("ROLLBACK");
      logger.warn({ err: error }, "failed to remove expired rows, retrying in an hour");
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
        "close to the maximum number of budgets: beyond it new end users get 429; see docs/operations.md",
      );
  }
}

/**
 * What nobody will ask for again. Rows that are being used are locked by their users and skipped, so that a sweep never
 * waits, and no request waits for more than its own row. Each statement takes at most $1 rows.
 */

/** Leases of which nothing is left: a later settlement goes to the budget itself. */
const EMPTY_LEASES = `
  DELETE FROM budget_leases l USING (
    SELECT owner, account, period FROM budget_leases
     WHERE amount_nano_usd = 0 AND spent_nano_usd = 0 LIMIT $1 FOR UPDATE SKIP LOCKED
  ) AS old
  WHERE l.owner = old.owner AND l.account = old.account AND l.period = old.period`;

/**
 * Periods that ended as long ago as they lasted, twice over, and a day at least, of budgets that nothing is leased from.
 * A period's name begins and ends with its moments; see `ledger/period.ts`.
 */
const PAST_PERIODS = `
  DELETE FROM budgets b USING (
    SELECT account, period FROM budgets c
     WHERE leased_nano_usd = 0
       AND CASE WHEN period LIKE '%/%' THEN split_part(period, '/', 2)::timestamptz
           + greatest(2 * (split_part(period, '/', 2)::timestamptz - split_part(period, '/', 1)::timestamptz), interval '1 day')
           END < clock_timestamp()
       AND NOT EXISTS (SELECT FROM budget_leases l WHERE l.account = c.account AND l.period = c.period)
     LIMIT $1 FOR UPDATE SKIP LOCKED
  ) AS old
  WHERE b.account = old.account AND b.period = old.period`;

/**
 * Budgets for ever of end users who have spent nothing, whose names callers make up, and places for requests at the same time: they
 * begin with nothing when they are used again, so nobody can tell. What has spent something stays, or it would be free again; so
 * do those of keys and users, which would begin with what their rows add up to.
 */
const UNSPENT = `
  DELETE FROM budgets b USING (
    SELECT account, period FROM budgets c
     WHERE (account LIKE 'end_user:%' OR account LIKE 'parallel:%') AND spent_nano_usd = 0 AND leased_nano_usd = 0
       AND NOT EXISTS (SELECT FROM budget_leases l WHERE l.account = c.account AND l.period = c.period)
     LIMIT $1 FOR UPDATE SKIP LOCKED
  ) AS old
  WHERE b.account = old.account AND b.period = old.period`;

/** Budgets of keys that were deleted lately, a day ago at least: ids never come back. */
const DELETED_KEYS = `
  DELETE FROM budgets b USING (
    SELECT c.account, c.period
      FROM virtual_keys k JOIN budgets c ON c.account = 'key:' || k.key_id
     WHERE k.deleted_at BETWEEN clock_timestamp() - interval '60 days' AND clock_timestamp() - interval '1 day'
       AND c.leased_nano_usd = 0
       AND NOT EXISTS (SELECT FROM budget_leases l WHERE l.account = c.account AND l.period = c.period)
     LIMIT $1 FOR UPDATE OF c SKIP LOCKED
  ) AS old
  WHERE b.account = old.account AND b.period = old.period`;

/** Counts of windows that ended an hour ago. Those of an account in use are removed by that use. */
const PAST_COUNTS = `
  DELETE FROM rate_blocks WHERE block IN (
    SELECT block FROM rate_blocks
     WHERE expires_at_ms < extract(epoch FROM clock_timestamp()) * 1000 - 3600000
     LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

/** Accounts of limits without any count. */
const UNUSED_LIMITS = `
  DELETE FROM rate_accounts WHERE account IN (
    SELECT account FROM rate_accounts a
     WHERE NOT EXISTS (SELECT FROM rate_blocks b WHERE b.account = a.account)
     LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

/** Of gateways that have ended. */
const PAST_PROBES = `
  DELETE FROM gateway_probes WHERE (gateway, work) IN (
    SELECT gateway, work FROM gateway_probes
     WHERE probed_at < clock_timestamp() - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;

/** In this order: leases keep budgets, counts keep accounts. */
const SWEEPS: readonly (readonly [what: string, statement: string])[] = [
  ["empty leases", EMPTY_LEASES],
  ["past periods", PAST_PERIODS],
  ["unspent budgets", UNSPENT],
  ["budgets of deleted keys", DELETED_KEYS],
  ["past counts", PAST_COUNTS],
  ["unused limits", UNUSED_LIMITS],
  ["past probes", PAST_PROBES],
];
