import type { ClientBase } from "pg";
import type { Logger } from "pino";
import { type Clock, monotonicClock } from "../../ports/clock";
import { lookAtClock } from "./audit-clock";
import type { MaintenanceTask } from "./maintenance";
import { IS_ADDED_UP, MONTHS_NOT_ADDED_UP } from "./spend-by-day";

/** Any number, the same in every replica: only one of them works on the partitions at a time. */
const PARTITION_LOCK = 7_205_319;
/** Partitions made before their month begins. */
const MONTHS_AHEAD = 2;
const INTERVAL_MS = 3_600_000;
/** After a step that failed, such as one that did not get its lock in time, in milliseconds. */
const RETRY_MS = 60_000;
/** Waiting for a lock on the table makes everybody behind wait as well, in milliseconds. */
const LOCK_TIMEOUT_MS = 1000;
const STATEMENT_TIMEOUT_MS = 20_000;
/** Rows without a month that are deleted in one step. */
const BATCH_ROWS = 5000;

/** Settings of `AuditPartitions`. */
export interface AuditPartitionsSettings {
  readonly logger: Pick<Logger, "info" | "warn">;
  /** How long rows are kept at least. A month goes when all of it is older. @default - for ever */
  readonly retentionMs?: number;
  /** For when it is due again. @default monotonicClock */
  readonly clock?: Clock;
}

/**
 * Keeps one partition of `audit_log` per calendar month (UTC): makes the coming ones and drops those that are past their time,
 * which costs nothing however many rows they hold. Once an hour, by the database's clock, and no sooner than time was seen to
 * pass: see `lookAtClock`. Nothing depends on it: a row that no month has is stored in `audit_log_other`, and moved to its month later.
 */
export class AuditPartitions implements MaintenanceTask {
  readonly #settings: AuditPartitionsSettings;
  readonly #clock: Clock;
  #nextRun = Number.NEGATIVE_INFINITY;
  /** Until the next run, as it turns out during this one. */
  #pauseMs = INTERVAL_MS;

  constructor(settings: AuditPartitionsSettings) {
    this.#settings = settings;
    this.#clock = settings.clock ?? monotonicClock;
  }

  get isDue(): boolean {
    return this.#clock.now() >= this.#nextRun;
  }

  /** @throws the error of a connection that is lost */
  async run(client: ClientBase): Promise<void> {
    this.#nextRun = this.#clock.now() + RETRY_MS;
    this.#pauseMs = INTERVAL_MS;
    await this.#work(client);
    this.#nextRun = this.#clock.now() + this.#pauseMs;
  }

  async #work(client: ClientBase): Promise<void> {
    const { retentionMs } = this.#settings;
    const looked = await inTransaction(client, () => lookAtClock(client, retentionMs));
    const months = await listMonths(client);
    const wanted = Array.from({ length: MONTHS_AHEAD + 1 }, (_, ahead) => monthOf(looked.now, ahead));
    for (const month of wanted)
      if (!months.includes(nameOf(month)))
        await this.#try("not made", month, () => inTransaction(client, () => makePartition(client, month)));
    if (looked.cutoff === undefined || looked.nominalCutoff === undefined) return;
    const { cutoff, nominalCutoff } = looked;
    const uncounted = await client.query<{ name: string }>(MONTHS_NOT_ADDED_UP);
    const isAddedUp = (name: string) => !uncounted.rows.some((row) => row.name === name);
    for (const name of months.filter((name) => endOf(name) <= cutoff.getTime() && isAddedUp(name)))
      await this.#try("not dropped", name, () => this.#drop(client, name));
    await this.#try("not emptied", "audit_log_other", () => this.#deleteOthers(client, cutoff));
    const waiting = months.filter(
      (name) => endOf(name) <= nominalCutoff.getTime() && endOf(name) > cutoff.getTime(),
    );
    if (waiting.length > 0)
      this.#settings.logger.warn(
        { partitions: waiting, days: Math.round((nominalCutoff.getTime() - cutoff.getTime()) / 86_400_000) },
        "audit rows past their retention are kept: for so many days no gateway ran, or the database's clock was set. If the " +
          "clock is right and they are to go now: DELETE FROM audit_clock_gaps",
      );
  }

  /** A step that fails is told and tried again soon; the others are not kept from being done. */
  async #try(what: string, subject: Date | string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!isSqlError(error)) throw error;
      this.#pauseMs = Math.min(this.#pauseMs, RETRY_MS);
      const partition = typeof subject === "string" ? subject : nameOf(subject);
      this.#settings.logger.warn({ err: error, partition }, `audit partition ${what}, trying again`);
    }
  }

  async #drop(client: ClientBase, name: string): Promise<void> {
    await inTransaction(client, () => client.query(`DROP TABLE IF EXISTS ${name}`));
    this.#settings.logger.info({ partitions: [name] }, "audit rows past their retention dropped");
  }

  /** Rows outside every month: of an outage that ended in a later one, or of a clock that was far off. */
  async #deleteOthers(client: ClientBase, cutoff: Date): Promise<void> {
    const { rowCount } = await client.query(
      `DELETE FROM audit_log_other WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM audit_log_other WHERE started_at < $1 AND ${IS_ADDED_UP} LIMIT ${BATCH_ROWS}))`,
      [cutoff],
    );
    if (rowCount === BATCH_ROWS) this.#pauseMs = 0;
  }
}

/** Only one replica at a time; another one finds nothing left to do, or comes later. */
async function inTransaction<Result>(client: ClientBase, work: () => Promise<Result>): Promise<Result> {
  await client.query("BEGIN");
  try {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    await client.query("SELECT pg_advisory_xact_lock($1)", [PARTITION_LOCK]);
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** First moment of the month `ahead` months after the one of `date`, UTC. */
function monthOf(date: Date, ahead: number): Date {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead, 1));
}

/** It and the bounds are made of digits, so nothing needs quoting. */
function nameOf(month: Date): string {
  return `audit_log_${month.toISOString().slice(0, 7).replace("-", "_")}`;
}

async function listMonths(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits
       JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = 'audit_log'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/**
 * Makes the month's table beside the others, moves the rows of that month that came before it, and only then attaches it:
 * as long as a row of the month is in `audit_log_other` Postgres refuses a partition for it. Attaching does not lock out those who
 * write to other months, as `CREATE TABLE … PARTITION OF` would.
 */
async function makePartition(client: ClientBase, month: Date): Promise<void> {
  const name = nameOf(month);
  if ((await listMonths(client)).includes(name)) return;
  const [from, to] = [month, monthOf(month, 1)].map((date) => date.toISOString());
  await client.query("LOCK TABLE audit_log IN SHARE UPDATE EXCLUSIVE MODE");
  await client.query("LOCK TABLE audit_log_other IN ACCESS EXCLUSIVE MODE");
  await client.query(`CREATE TABLE ${name} (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
  const { rows } = await client.query<{ columns: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
       FROM pg_attribute WHERE attrelid = 'audit_log'::regclass AND attnum > 0 AND NOT attisdropped`,
  );
  const columns = rows[0]?.columns ?? "";
  await client.query(
    `WITH moved AS (DELETE FROM audit_log_other WHERE started_at >= '${from}' AND started_at < '${to}' RETURNING ${columns})
     INSERT INTO ${name} (${columns}) SELECT ${columns} FROM moved`,
  );
  await client.query(
    `ALTER TABLE audit_log ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
}

/** End of a partition's month; never, for a table that is not one. */
function endOf(name: string): number {
  const match = /^audit_log_(\d{4})_(\d{2})$/.exec(name);
  return match === null ? Number.POSITIVE_INFINITY : Date.UTC(Number(match[1]), Number(match[2]), 1);
}

/** Whether the server said no; otherwise the connection is lost. */
function isSqlError(error: unknown): boolean {
  return error instanceof Error && (error as { severity?: unknown }).severity !== undefined;
}
