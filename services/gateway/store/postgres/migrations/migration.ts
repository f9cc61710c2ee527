/**
 * One step of the schema. A released step is never edited; a change is a new step.
 *
 * Gateways serve requests meanwhile, older ones too. A step waits for no lock longer than `LOCK_WAIT_MS`: it is rolled back then and
 * tried again as a whole, as often as it takes. So its statements must bear a repetition (they do: nothing of a rolled back step is there),
 * and what wants a strong lock on a table that every request uses comes first and does not last, because the lock is held until the
 * end of the step. Work that reads or writes many rows is a step of its own, which locks no such table.
 */
export interface Migration {
  /** Grows from step to step. */
  readonly version: number;
  readonly name: string;
  /** Statements, run in one transaction with the note that the step was done. TypeScript strings, so that the service is one bundled file. */
  readonly sql: string;
  /**
   * Lock that the step begins with, as after `LOCK TABLE`: `audit_log IN SHARE ROW EXCLUSIVE MODE` locks all partitions too. They are had
   * within `LOCK_WAIT_MS` in all, or none is, while `sql` would wait as long for each. @default - none: those that `sql` takes
   */
  readonly lock?: string;
  /** Indexes that are built online once the step is done: see `OnlineIndex`. @default - none */
  readonly indexes?: readonly OnlineIndex[];
}

/**
 * An index that may take hours, while everything goes on: `OnlineIndexes` builds it partition by partition outside of a transaction.
 * The step counts as done, and gateways serve, before it is there: a query may be slow without it, but not wrong. So never a unique one.
 */
export interface OnlineIndex {
  /** Its partitions' indexes are named `<partition>_<name without the table's>`. */
  readonly name: string;
  /** May be partitioned, by ranges or lists but not twice. */
  readonly table: string;
  /** The rest of the statement: `(end_user, started_at) WHERE end_user IS NOT NULL`, `USING brin (started_at)`. */
  readonly on: string;
}
