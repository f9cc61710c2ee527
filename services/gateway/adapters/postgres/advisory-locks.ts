import type { ClientBase } from "pg";

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
