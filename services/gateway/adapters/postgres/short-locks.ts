import type { ClientBase } from "pg";

/**
 * Longest wait for a lock on a table that requests use, in milliseconds: a lock that is waited for makes everybody wait who comes after,
 * also those who would go well with whoever holds the table now.
 */
export const LOCK_WAIT_MS = 200;
/** Transactions that have lasted this long will hardly end within `LOCK_WAIT_MS`, in milliseconds. */
const LONG_MS = 1000;
const FIRST_PAUSE_MS = 250;

/** A transaction that holds tables, for the log. */
export interface LockHolder {
  readonly pid: number;
  /** As the client calls itself: `pg_dump`, `psql`. */
  readonly application: string;
  readonly user: string | null;
  /** Since it began. `null`: it belongs to a role that this one may not look at. */
  readonly seconds: number | null;
  readonly state: string | null;
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
    throw new LockNotHadError(error);
  });
  await client.query(`SET LOCAL statement_timeout = ${statementMs}`);
}

/** From now on no statement of the transaction waits for any lock longer than `LOCK_WAIT_MS`. */
export async function limitLockWaits(client: ClientBase): Promise<void> {
  await client.query(`SET LOCAL lock_timeout = ${LOCK_WAIT_MS}`);
}

/** The lock timed out, or all of them did together. Anything else, such as a table that is not there, stays the cause. */
class LockNotHadError extends Error {
  override readonly name = "LockNotHadError";

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Whether others held what was asked for, so that the same may succeed later: lock time-outs and deadlocks. */
export function isLockNotHad(error: unknown): boolean {
  if (error instanceof LockNotHadError) return isLockNotHad(error.cause) || codeOf(error.cause) === "57014";
  return /^(55P03|40P01)$/.test(codeOf(error));
}

/**
 * Those who hold tables, longest first.
 * @param tables of which; their partitions count only when they are named. @default - all of the database
 */
export async function findHolders(client: ClientBase, tables?: readonly string[]): Promise<LockHolder[]> {
  const { rows } = await client.query<LockHolder>(
    `SELECT l.pid, a.application_name AS application, a.usename AS "user", a.state,
            extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
            (array_agg(DISTINCT l.relation::regclass::text))[1:5] AS tables
       FROM pg_locks l
       JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
       LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.granted AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND CASE WHEN $1::text[] IS NULL THEN c.relnamespace <> 'pg_catalog'::regnamespace
                 ELSE l.relation IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name) END
      GROUP BY l.pid, a.application_name, a.usename, a.state, a.xact_start
      ORDER BY a.xact_start LIMIT 5`,
    [tables ?? null],
  );
  return rows;
}

/** Those who will not let go soon: to ask for a lock then would make others wait for nothing. */
export async function findLongHolders(client: ClientBase, tables: readonly string[]): Promise<LockHolder[]> {
  const holders = await findHolders(client, tables);
  return holders.filter(({ seconds }) => seconds !== null && seconds * 1000 >= LONG_MS);
}

/** Until the next attempt, in milliseconds: longer with each, and by chance, so that two do not come at the same time. */
export function pauseAfter(attempts: number, mostMs: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempts, 20), mostMs) * (0.5 + Math.random() / 2);
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}
