import { setTimeout as wait } from "node:timers/promises";
import type { ClientBase } from "pg";
import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import { isLockUnavailable, isTimeOver } from "./errors";

/**
 * Postgres' advisory locks that gateways take, by what only one of them does at a time. Any numbers, the same in every replica and
 * version, and each once: two kinds of work with one number would keep each other from being done.
 */
export const ADVISORY_LOCKS = {
  migration: 7_205_314,
  virtual_keys: 7_205_315,
  users: 7_205_316,
  named_budgets: 7_205_317,
  admin_tokens: 7_205_318,
  partitions: 7_205_319,
  sweep: 7_205_320,
  spend: 7_205_321,
  indexes: 7_205_322,
} as const;

/** A kind of work. */
export type AdvisoryLock = keyof typeof ADVISORY_LOCKS;

/** Takes a lock until `unlock`, or until the connection ends. @returns whether it was free */
export function tryLock(client: ClientBase, lock: AdvisoryLock): Promise<boolean> {
  return ask(client, "pg_try_advisory_lock", lock);
}

/** Takes a lock until the end of the transaction. @returns whether it was free */
export function tryTransactionLock(client: ClientBase, lock: AdvisoryLock): Promise<boolean> {
  return ask(client, "pg_try_advisory_xact_lock", lock);
}

/** Lets go of a lock. Never fails: when the connection is lost the server has let go by itself. */
export async function unlock(client: ClientBase, lock: AdvisoryLock): Promise<void> {
  await client.query("SELECT pg_advisory_unlock($1)", [ADVISORY_LOCKS[lock]]).catch(() => {});
}

/** Does the work unless another gateway is at it. @returns whether it was done @throws what `work` throws */
export async function whileLocked(
  client: ClientBase,
  lock: AdvisoryLock,
  work: () => Promise<void>,
): Promise<boolean> {
  if (!(await tryLock(client, lock))) return false;
  try {
    await work();
    return true;
  } finally {
    await unlock(client, lock);
  }
}

async function ask(
  client: ClientBase,
  take: "pg_try_advisory_lock" | "pg_try_advisory_xact_lock",
  lock: AdvisoryLock,
): Promise<boolean> {
  const { rows } = await client.query<{ isMine: boolean }>(`SELECT ${take}($1) AS "isMine"`, [
    ADVISORY_LOCKS[lock],
  ]);
  return rows[0]?.isMine === true;
}

/**
 * Longest wait for a lock on a table that requests use, in milliseconds: a lock that is waited for makes everybody wait who comes after,
 * also those who would go well with whoever holds the table now.
 */
const LOCK_WAIT_MS = 200;
/** Transactions that have lasted this long will hardly end within `LOCK_WAIT_MS`, in milliseconds. */
const LONG_MS = 1000;
const FIRST_PAUSE_MS = 250;
/** Longest pause of `untilHad`, in milliseconds. */
const MOST_PAUSE_MS = 10_000;
/** What `untilHad` waits for is told after this, and again after as long, in milliseconds. */
const TELL_MS = 10_000;

/** A transaction that holds tables, for the log. */
export interface LockHolder {
  readonly pid: number;
  /** As the client calls itself: `pg_dump`, `psql`. */
  readonly application: string;
  readonly user: string | null;
  /** Since it began. `null`: it belongs to a role that this one may not look at. */
  readonly seconds: number | null;
  readonly state: string | null;
  /** Its number, which no other one has while it runs. */
  readonly transaction: string;
  readonly tables: string[];
}

/**
 * Locks tables within `LOCK_WAIT_MS` for all of them, or not at all. Within a transaction; statements after it have `statementMs` each.
 * @param lock as after `LOCK TABLE`
 * @throws what `isLockNotHad` knows
 */
export async function takeLock(client: ClientBase, lock: string, statementMs = 0): Promise<void> {
  await client.query(`SET LOCAL statement_timeout = ${LOCK_WAIT_MS}`);
  await client.query(`LOCK TABLE ${lock}`).catch((error: unknown) => {
    throw isTimeOver(error) ? new LockNotHadError("locks not had in time", { cause: error }) : error;
  });
  await client.query(`SET LOCAL statement_timeout = ${statementMs}`);
}

/** A transaction in which no statement waits for a lock longer than `LOCK_WAIT_MS`. @param statementMs how long one may take @default - no limit */
export async function inShortTransaction<Result>(
  client: ClientBase,
  work: () => Promise<Result>,
  statementMs = 0,
): Promise<Result> {
  await client.query("BEGIN");
  try {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
    await client.query(`SET LOCAL statement_timeout = ${statementMs}`);
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // The connection may be what failed; then the server rolls back by itself.
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** What is said while `untilHad` waits. */
interface LockWait {
  readonly logger: Pick<Logger, "warn">;
  /** What is to be done. */
  readonly subject: string;
  /** Whose holders are told. @default - all of the database */
  readonly tables?: readonly string[];
}

/** Repeats the transaction until it has its locks, for as long as that takes. @throws what `work` throws otherwise */
export async function untilHad(
  client: ClientBase,
  work: () => Promise<void>,
  told?: LockWait,
): Promise<void> {
  const beganAt = monotonicClock.now();
  let toldAt = beganAt;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await inShortTransaction(client, work);
    } catch (error) {
      if (!isLockNotHad(error)) throw error;
    }
    if (monotonicClock.now() - toldAt >= TELL_MS) {
      toldAt = monotonicClock.now();
      const seconds = Math.round((toldAt - beganAt) / 1000);
      const holders = await findHolders(client, told?.tables);
      told?.logger.warn(
        { subject: told.subject, attempts, seconds, holders },
        "schema change is waiting for locks that other transactions hold, see `holders`; retrying",
      );
    }
    await wait(pauseAfter(attempts, MOST_PAUSE_MS), undefined, { ref: false });
  }
}

/** The locks were not had in the time for all of them. */
class LockNotHadError extends Error {
  override readonly name = "LockNotHadError";
}

/** Whether others held what was asked for, so that the same may succeed later: lock time-outs and deadlocks. */
export function isLockNotHad(error: unknown): boolean {
  return error instanceof LockNotHadError || isLockUnavailable(error);
}

/**
 * Those who hold tables, longest first.
 * @param tables of which; their partitions count only when they are named. @default - all of the database
 */
export async function findHolders(client: ClientBase, tables?: readonly string[]): Promise<LockHolder[]> {
  const { rows } = await client.query<LockHolder>(
    `SELECT l.pid, a.application_name AS application, a.usename AS "user", a.state, l.virtualtransaction AS transaction,
            extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8 AS seconds,
            (array_agg(DISTINCT l.relation::regclass::text))[1:5] AS tables
       FROM pg_locks l
       JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
       LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.granted AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND CASE WHEN $1::text[] IS NULL THEN c.relnamespace <> 'pg_catalog'::regnamespace
                 ELSE l.relation IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name) END
      GROUP BY l.pid, l.virtualtransaction, a.application_name, a.usename, a.state, a.xact_start
      ORDER BY a.xact_start LIMIT 5`,
    [tables ?? null],
  );
  return rows;
}

/**
 * Those who will not let go soon: to ask for a lock then would make others wait for nothing. Only superusers see since when a transaction of
 * another role lasts, and dumps are made by another role: of those it is looked whether they still hold the tables a second later.
 */
export async function findLongHolders(client: ClientBase, tables: readonly string[]): Promise<LockHolder[]> {
  if (tables.length === 0) return [];
  const holders = await findHolders(client, tables);
  const long = holders.filter(({ seconds }) => seconds !== null && seconds * 1000 >= LONG_MS);
  const unknown = holders.filter(({ seconds }) => seconds === null);
  if (long.length > 0 || unknown.length === 0) return long;
  await wait(LONG_MS, undefined, { ref: false });
  const later = await findHolders(client, tables);
  return later.filter((holder) => unknown.some(({ transaction }) => transaction === holder.transaction));
}

/** Until the next attempt, in milliseconds: longer with each, and by chance, so that two do not come at the same time. */
export function pauseAfter(attempts: number, mostMs: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempts, 20), mostMs) * (0.5 + Math.random() / 2);
}
