import type { ClientBase } from "pg";
import type { Logger } from "pino";
import { type Clock, monotonicClock } from "../../../shared/clock";
import type { MaintenanceTask } from "./background";
import { isStatementError } from "./errors";
import {
  findHolders,
  findLongHolders,
  inShortTransaction,
  isLockNotHad,
  type LockHolder,
  pauseAfter,
  takeLock,
  whileLocked,
} from "./locks";
import { IS_ADDED_UP, MONTHS_NOT_ADDED_UP } from "./spend-by-day";

/** Partitions made before their month begins: whatever keeps them from being made may last for most of a year. */
const MONTHS_AHEAD = 12;
/** Those of them that are made at once; the others follow one at a time. */
const MONTHS_AT_ONCE = 2;
const INTERVAL_MS = 3_600_000;
/** Until the next of the months that follow, in milliseconds. */
const NEXT_MONTH_MS = 5000;
/** After a step that failed, in milliseconds. */
const RETRY_MS = 60_000;
/** Longest pause after a step that did not get its locks, in milliseconds. */
const MOST_PAUSE_MS = 300_000;
/** That a step waits for its locks is told after this, in milliseconds, */
const TELL_AFTER_MS = 60_000;
/** and again after this, in milliseconds. */
const TELL_AGAIN_MS = 3_600_000;
const STATEMENT_TIMEOUT_MS = 20_000;
/** Longest statement while those who write rows of no month wait, in milliseconds. */
const ATTACH_TIMEOUT_MS = 2000;
/** Rows without a month that are moved into theirs when it is made, at most: those who write such rows wait meanwhile. */
const MOST_MOVED_ROWS = 2000;
/** The default partition: rows that no month has. */
const OTHER = "audit_log_other";
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

/** A step that has not got its locks yet. */
interface Wait {
  readonly since: number;
  readonly attempts: number;
  /** When it was told last. @default - not yet */
  readonly toldAt?: number;
}

/**
 * Keeps one partition of `audit_log` per calendar month (UTC): makes the coming ones and drops those that are past their time,
 * which costs nothing however many rows they hold. Once an hour, by the database's clock, and no sooner than time was seen to
 * pass: see `lookAtClock`. Nothing depends on it: a row that no month has is stored in `audit_log_other`, and moved to its month later.
 *
 * Both need a lock that goes with nobody else's, of `audit_log_other` or the whole table. It is not even asked for while a transaction that
 * has lasted for a while holds one of them, such as a dump's; otherwise it is had within `LOCK_WAIT_MS` or tried again later.
 */
export class AuditPartitions implements MaintenanceTask {
  readonly #settings: AuditPartitionsSettings;
  readonly #clock: Clock;
  /** By what is to be done: `made`, `dropped`. */
  readonly #waits = new Map<string, Wait>();
  /** Months whose rows stay where they are, as was told. */
  readonly #crowded = new Set<string>();
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
    const isDone = await whileLocked(client, "partitions", () => this.#work(client));
    if (isDone) this.#nextRun = this.#clock.now() + this.#pauseMs;
  }

  async #work(client: ClientBase): Promise<void> {
    const { retentionMs } = this.#settings;
    const looked = await inShortTransaction(
      client,
      () => lookAtClock(client, retentionMs),
      STATEMENT_TIMEOUT_MS,
    );
    const months = await listMonths(client);
    await this.#makeMonths(client, looked.now, months);
    if (looked.cutoff === undefined || looked.nominalCutoff === undefined) return;
    const { cutoff, nominalCutoff } = looked;
    const uncounted = await client.query<{ name: string }>(MONTHS_NOT_ADDED_UP);
    const isAddedUp = (name: string) => !uncounted.rows.some((row) => row.name === name);
    for (const name of months.filter((name) => endOf(name) <= cutoff.getTime() && isAddedUp(name)))
      if (!(await this.#try("dropped", name, client, () => this.#drop(client, name)))) break;
    await this.#try("emptied", OTHER, client, () => this.#deleteOthers(client, cutoff));
    const waiting = months.filter(
      (name) => endOf(name) <= nominalCutoff.getTime() && endOf(name) > cutoff.getTime(),
    );
    if (waiting.length > 0)
      this.#settings.logger.warn(
        { partitions: waiting, days: Math.round((nominalCutoff.getTime() - cutoff.getTime()) / 86_400_000) },
        "audit rows kept past their retention: for `days` days no gateway ran, or the database's clock was changed. If the " +
          "clock is right and they should be dropped now: DELETE FROM audit_clock_gaps",
      );
  }

  /** All that are missing until soon, and one of those after that: requests need not wait for many. */
  async #makeMonths(client: ClientBase, now: Date, months: readonly string[]): Promise<void> {
    const missing = Array.from({ length: MONTHS_AHEAD + 1 }, (_, ahead) => ({
      ahead,
      month: monthOf(now, ahead),
    }));
    let isPatient = false;
    for (const { ahead, month } of missing) {
      const name = nameOf(month);
      if (months.includes(name) || this.#crowded.has(name)) continue;
      if (isPatient) {
        this.#pauseMs = Math.min(this.#pauseMs, NEXT_MONTH_MS);
        return;
      }
      if (!(await this.#try("made", name, client, () => this.#make(client, month)))) return;
      isPatient = ahead >= MONTHS_AT_ONCE;
    }
  }

  /**
   * A step that fails is told and tried again soon; the others are not kept from being done.
   * @returns whether another of the kind is worth a try
   */
  async #try(
    what: "made" | "dropped" | "emptied",
    name: string,
    client: ClientBase,
    step: () => Promise<void>,
  ): Promise<boolean> {
    const tables = what === "made" ? [OTHER] : what === "dropped" ? [name, OTHER, "audit_log"] : [];
    const holders = await findLongHolders(client, tables);
    if (holders.length > 0) return this.#wait(what, name, holders);
    try {
      await step();
      this.#waits.delete(what);
      return true;
    } catch (error) {
      if (isLockNotHad(error)) return this.#wait(what, name, await findHolders(client, tables));
      if (!isStatementError(error)) throw error;
      this.#pauseMs = Math.min(this.#pauseMs, RETRY_MS);
      this.#settings.logger.warn({ err: error, partition: name }, `audit partition not ${what}, retrying`);
      return true;
    }
  }

  #wait(what: string, partition: string, holders: readonly LockHolder[]): false {
    const now = this.#clock.now();
    const { since, attempts, toldAt } = this.#waits.get(what) ?? { since: now, attempts: 0 };
    this.#pauseMs = Math.min(this.#pauseMs, pauseAfter(attempts + 1, MOST_PAUSE_MS));
    const isTold =
      now - since >= TELL_AFTER_MS && now - (toldAt ?? Number.NEGATIVE_INFINITY) >= TELL_AGAIN_MS;
    if (isTold)
      this.#settings.logger.warn(
        { partition, holders, attempts: attempts + 1, seconds: Math.round((now - since) / 1000) },
        `audit partition not ${what} yet: waiting for the locks of \`holders\`; requests are not blocked. ` +
          "To end one of those sessions: SELECT pg_terminate_backend(pid)",
      );
    this.#waits.set(what, {
      since,
      attempts: attempts + 1,
      ...(isTold ? { toldAt: now } : toldAt === undefined ? {} : { toldAt }),
    });
    return false;
  }

  async #make(client: ClientBase, month: Date): Promise<void> {
    const name = nameOf(month);
    if (await inShortTransaction(client, () => makePartition(client, month), STATEMENT_TIMEOUT_MS)) return;
    this.#crowded.add(name);
    this.#settings.logger.info(
      { partition: name, rows: MOST_MOVED_ROWS },
      "audit partition not created: audit_log_other has too many rows of its month to move online; they stay there",
    );
  }

  /**
   * The last lock is the one that everybody else needs too: who waits for the others holds up nobody who writes rows of the present. All are
   * had within `LOCK_WAIT_MS`.
   */
  async #drop(client: ClientBase, name: string): Promise<void> {
    const drop = async () => {
      const lock = `ONLY ${name}, ONLY ${OTHER}, ONLY audit_log IN ACCESS EXCLUSIVE MODE`;
      await takeLock(client, lock, STATEMENT_TIMEOUT_MS);
      await client.query(`DROP TABLE ${name}`);
    };
    await inShortTransaction(client, drop, STATEMENT_TIMEOUT_MS);
    this.#settings.logger.info({ partitions: [name] }, "expired audit rows dropped");
  }

  /** Rows outside every month: of an outage that ended in a later one, or of a clock that was far off. */
  async #deleteOthers(client: ClientBase, cutoff: Date): Promise<void> {
    const { rowCount } = await client.query(
      `DELETE FROM ${OTHER} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${OTHER} WHERE started_at < $1 AND ${IS_ADDED_UP} LIMIT ${BATCH_ROWS}))`,
      [cutoff],
    );
    if (rowCount === BATCH_ROWS) this.#pauseMs = 0;
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
 * write to other months, as `CREATE TABLE … PARTITION OF` would; those who write rows of no month wait for it.
 * @returns whether it was made, or was there; not when it would have taken too many rows with it
 */
async function makePartition(client: ClientBase, month: Date): Promise<boolean> {
  const name = nameOf(month);
  const [from, to] = [month, monthOf(month, 1)].map((date) => date.toISOString());
  const isOfMonth = `started_at >= '${from}' AND started_at < '${to}'`;
  await takeLock(client, "ONLY audit_log IN SHARE UPDATE EXCLUSIVE MODE", STATEMENT_TIMEOUT_MS);
  if ((await listMonths(client)).includes(name)) return true;
  const { rowCount } = await client.query(
    `SELECT FROM ${OTHER} WHERE ${isOfMonth} LIMIT ${MOST_MOVED_ROWS + 1}`,
  );
  if ((rowCount ?? 0) > MOST_MOVED_ROWS) return false;
  await client.query(`CREATE TABLE ${name} (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
  const { rows } = await client.query<{ columns: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
       FROM pg_attribute WHERE attrelid = 'audit_log'::regclass AND attnum > 0 AND NOT attisdropped`,
  );
  const columns = rows[0]?.columns ?? "";
  await takeLock(client, `ONLY ${OTHER} IN ACCESS EXCLUSIVE MODE`, ATTACH_TIMEOUT_MS);
  await client.query(
    `WITH moved AS (DELETE FROM ${OTHER} WHERE ${isOfMonth} RETURNING ${columns})
     INSERT INTO ${name} (${columns}) SELECT ${columns} FROM moved`,
  );
  await client.query(
    `ALTER TABLE audit_log ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
  return true;
}

/** End of a partition's month; never, for a table that is not one. */
function endOf(name: string): number {
  const match = /^audit_log_(\d{4})_(\d{2})$/.exec(name);
  return match === null ? Number.POSITIVE_INFINITY : Date.UTC(Number(match[1]), Number(match[2]), 1);
}

const DAY_MS = 86_400_000;
/** Gateways look once an hour. When none did for longer than this, in milliseconds, that time does not count. */
const GAP_MS = DAY_MS;

/** What the database's clock says, and what follows from it for the retention of rows. */
interface ClockLook {
  readonly now: Date;
  /** Rows before this are past their retention. `undefined`: rows are kept for ever. */
  readonly cutoff: Date | undefined;
  /** The same if all time counted. */
  readonly nominalCutoff: Date | undefined;
}

/**
 * Looks at the database's clock and notes that it was looked at. Retention counts only time that gateways saw pass, give or take a day
 * at a time: whoever sets a clock five years ahead makes no row older, and rows are kept for as long as it was agreed also when the clock
 * stays wrong. A clock that is set back takes the time back that never was. Within a transaction; one at a time.
 */
async function lookAtClock(client: ClientBase, retentionMs: number | undefined): Promise<ClockLook> {
  await client.query("INSERT INTO audit_clock (seen_at) VALUES (clock_timestamp()) ON CONFLICT DO NOTHING");
  const { rows } = await client.query<{ now: Date; seen_at: Date }>(
    "SELECT clock_timestamp() AS now, seen_at FROM audit_clock FOR UPDATE",
  );
  if (rows[0] === undefined) throw new Error("the database did not say what time it is");
  const { now, seen_at: seenAt } = rows[0];
  if (now.getTime() - seenAt.getTime() > GAP_MS)
    await client.query(
      `INSERT INTO audit_clock_gaps VALUES ($1, $2)
       ON CONFLICT (began_at) DO UPDATE SET ended_at = greatest(audit_clock_gaps.ended_at, EXCLUDED.ended_at)`,
      [seenAt, now],
    );
  if (now < seenAt) await client.query("DELETE FROM audit_clock_gaps WHERE ended_at > $1", [now]);
  await client.query("UPDATE audit_clock SET seen_at = $1", [now]);
  if (retentionMs === undefined) return { now, cutoff: undefined, nominalCutoff: undefined };
  const nominalCutoff = new Date(now.getTime() - retentionMs);
  const gaps = await client.query<{ began_at: Date; ended_at: Date }>(
    "SELECT began_at, ended_at FROM audit_clock_gaps ORDER BY ended_at DESC",
  );
  let cutoffMs = nominalCutoff.getTime();
  for (const { began_at, ended_at } of gaps.rows)
    if (ended_at.getTime() > cutoffMs) cutoffMs -= ended_at.getTime() - began_at.getTime();
  const cutoff = new Date(cutoffMs);
  await client.query("DELETE FROM audit_clock_gaps WHERE ended_at < $1", [cutoff]);
  return { now, cutoff, nominalCutoff };
}
