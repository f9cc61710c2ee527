import { setTimeout as wait } from "node:timers/promises";
import { StoreUnavailableError, ValueRefusedError } from "../key-store";

/** Whether Postgres refused a row because `constraint` says that it exists already. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return sqlState(error) === "23505" && (error as { constraint?: unknown }).constraint === constraint;
}

/** Whether a row refers to another that is not there any more. */
export function isForeignKeyViolation(error: unknown): boolean {
  return sqlState(error) === "23503";
}

/**
 * Whether others were in the way, and the same may succeed at once: a deadlock, a serialization failure, a lock that was not to be
 * had, a partition that was made meanwhile, or a prepared statement that the server does not know any more or that the schema has changed under. Nothing of the statement is there then.
 */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error);
  if (isPartitionMoved(error)) return true;
  if (state === "0A000") return error instanceof Error && error.message.includes("cached plan");
  return /^(40000|40001|40P01|55P03|26000)$/.test(state);
}

/**
 * Whether what is written is at fault, so that the same statement cannot succeed: all that is neither a conflict nor a
 * server that cannot be used, and a mistake in the code.
 */
export function isWriteFault(error: unknown): boolean {
  return error instanceof Error && !isConflict(error) && !isUnavailable(error);
}

/** Whether it is the values for sure (21, 22, 23; 54: beyond a limit of Postgres): the statement works with others. */
export function isDataFault(error: unknown): boolean {
  return /^(2[123]|54)/.test(sqlState(error)) && !isConflict(error);
}

/** A row was on its way into a partition, and waited while another one was made for it. Not told apart by its code. */
function isPartitionMoved(error: unknown): boolean {
  const routine = (error as { routine?: unknown } | null)?.routine;
  return sqlState(error) === "23514" && routine === "ExecPartitionCheckEmitError";
}

/**
 * SQLSTATE classes that say that no statement can succeed now: 08 connection, 28 login, 3D no such database,
 * 53 resources, 57 operator intervention, 58 system error; 25006, a server that only reads, 25P03, a
 * connection that was ended for its silence, and 40003, an outcome that nobody knows.
 */
const UNAVAILABLE = /^(08|28|3D|53|57|58)|^25006$|^25P03$|^40003$/;

/** Whether Postgres cannot be used at present, whatever the statement. Errors of the connection have no SQLSTATE. */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== "") return UNAVAILABLE.test(state);
  // A TypeError or RangeError is a mistake in a row or in the code, and would be one again at the replay.
  return error instanceof Error && (error.name === "Error" || error.name === "AggregateError");
}

/**
 * SQLSTATEs that do not say whether a statement was carried out: 08 connection, 57P a server that goes, 58 system error, XX internal
 * error, and 40003, which is named so.
 */
const UNCERTAIN = /^(08|57P|58|XX)|^40003$/;

/** Whether the server ended the statement because its time was over. */
export function isTimeOver(error: unknown): boolean {
  return sqlState(error) === "57014";
}

/** Whether others held what was asked for, so that the same may succeed later: lock time-outs and deadlocks. */
export function isLockUnavailable(error: unknown): boolean {
  return /^(55P03|40P01)$/.test(sqlState(error));
}

/** Whether the server refused a statement, and the connection can go on; otherwise it is lost, or about to be. */
export function isStatementError(error: unknown): boolean {
  return sqlState(error) !== "" && (error as { severity?: unknown }).severity === "ERROR";
}

/** Whether Postgres answered that it did nothing. Anything else, such as a lost connection, leaves that open. */
export function isRefused(error: unknown): boolean {
  const state = sqlState(error);
  return state !== "" && !UNCERTAIN.test(state);
}

function sqlState(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  // No class begins with E, but names of the system's errors do, such as EPIPE.
  return typeof code === "string" && /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) ? code : "";
}

/**
 * What a failed statement means to whoever made the call: a value that Postgres can never take, or that it cannot be used
 * now.
 * @param what was not done
 */
export function toStoreError(what: string, cause: unknown): StoreUnavailableError | ValueRefusedError {
  return isDataFault(cause)
    ? new ValueRefusedError(what, { cause })
    : new StoreUnavailableError(what, { cause });
}

const ATTEMPTS = 5;
/** Before the second attempt at most; doubled with each, in milliseconds. */
const FIRST_PAUSE_MS = 10;

/**
 * Repeats what others were in the way of: Postgres has rolled it back, so that nothing of it is there.
 * @param work a statement or a transaction
 * @throws what `work` throws, a conflict only after five attempts
 */
export async function retryConflicts<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isConflict(error)) throw error;
    }
    // By chance, so that two that met do not meet again.
    await wait(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
  }
}
