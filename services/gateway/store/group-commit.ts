import { monotonicClock } from "../../shared/clock";
import { AuditNotCommittedError } from "./audit-log";
import { Spacing } from "./batching";

/** Told how writes go, for whoever measures them. Times in milliseconds. */
export interface CommitObserver {
  /** A batch was written, or not: then it is tried again. */
  written(rows: number, ms: number, isDone: boolean): void;
  /** Somebody waited for a row longer than is waited. */
  late(): void;
}

/** Settings of `GroupCommit`. */
interface GroupCommitSettings<Row> {
  /** Makes a batch durable, all or nothing; must be safe to repeat, because the outcome of a broken commit is unknown. */
  readonly write: (rows: readonly Row[]) => Promise<void>;
  /** Whether an error of `write` comes from a row itself, so that trying again is of no use. */
  readonly isRowFault: (error: unknown) => boolean;
  /** A row that can never be written; it is given up after this call. */
  readonly onRowFault: (row: Row, error: unknown) => void;
  /** Called with each failed attempt. */
  readonly onError: (error: unknown, queuedRows: number) => void;
  /** Rows queued or announced at most. @default 5000 */
  readonly capacity?: number;
  /** Rows of one batch at most. @default 500 */
  readonly batchRows?: number;
  /**
   * How long rows are gathered after a write of several, in milliseconds: under load fewer and larger writes cost less, and a row that comes alone never
   * waits. @default 0
   */
  readonly gatherMs?: number;
  /**
   * How long after the last write the next one begins at the earliest, in milliseconds, as long as others come meanwhile: then a few rows share a
   * write at rates at which each would have its own. Not when three rows wait. @default 0
   */
  readonly spacingMs?: number;
  /** How long a caller waits for its row, in milliseconds. @default 10000 */
  readonly timeoutMs?: number;
  /** Longest pause between two attempts, in milliseconds. @default 1000 */
  readonly maxBackoffMs?: number;
  /** @default - nobody */
  readonly observer?: CommitObserver | undefined;
}

interface Waiting<Row> {
  readonly row: Row;
  /** By `monotonicClock`. */
  readonly since: number;
  readonly settle: (error?: Error) => void;
}

const FIRST_BACKOFF_MS = 50;

/** Rows that wait for no others to share their write with. */
const ENOUGH_ROWS = 3;

const isOver = () => new AuditNotCommittedError("not committed before the end");

/**
 * One write in flight; the next batch is whatever queued meanwhile, so batches size themselves under load.
 * Rows leave the queue only when they are durable.
 */
export class GroupCommit<Row> {
  readonly #settings: Required<Omit<GroupCommitSettings<Row>, "observer">>;
  readonly #observer: CommitObserver | undefined;
  #isStopped = false;
  readonly #queue: Waiting<Row>[] = [];
  #announced = 0;
  #isWriting = false;
  #isFailing = false;
  #backoffMs = FIRST_BACKOFF_MS;
  #retry: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  readonly #spacing: Spacing;
  #spaced: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];

  constructor({ observer, ...settings }: GroupCommitSettings<Row>) {
    this.#observer = observer;
    this.#settings = {
      capacity: 5000,
      batchRows: 500,
      timeoutMs: 10_000,
      maxBackoffMs: 1000,
      gatherMs: 0,
      spacingMs: 0,
      ...settings,
    };
    this.#spacing = new Spacing(this.#settings.spacingMs, ENOUGH_ROWS);
  }

  /** Whether the last attempt failed and none has succeeded since. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Rows that wait, those of the write under way included. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Rows queued or announced: never more than `capacity`, those that are appended beside them left aside. */
  get taken(): number {
    return this.#queue.length + this.#announced;
  }

  /** Rows queued or announced at most. */
  get capacity(): number {
    return this.#settings.capacity;
  }

  /** For how long the first row has waited, in milliseconds; 0 when none does. */
  get waitingMs(): number {
    const first = this.#queue[0];
    return first === undefined ? 0 : monotonicClock.now() - first.since;
  }

  get hasRoom(): boolean {
    return this.taken < this.#settings.capacity;
  }

  /** Takes room for one row. @returns whether there was any */
  announce(): boolean {
    if (!this.hasRoom) return false;
    this.#announced += 1;
    return true;
  }

  /** Gives announced room back. */
  withdraw(): void {
    this.#announced -= 1;
  }

  /** Queues a row into announced room. Resolves when it is durable. @throws AuditNotCommittedError after the time limit */
  commit(row: Row): Promise<void> {
    this.#announced -= 1;
    return this.append(row);
  }

  /** Queues a row beside those that are announced; its sender must have announced another. */
  append(row: Row): Promise<void> {
    if (this.#isStopped) return Promise.reject(isOver());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#observer?.late();
        reject(new AuditNotCommittedError("not committed in time"));
      }, this.#settings.timeoutMs);
      const settle = (error?: Error) => {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#queue.push({ row, since: monotonicClock.now(), settle });
      this.#pump();
    });
  }

  /** Tries at once instead of waiting for the pause to end, for when the database is known to be back. */
  retryNow(): void {
    this.#backoffMs = FIRST_BACKOFF_MS;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#pump();
  }

  /** Waits for an empty queue. @returns the rows still queued when `timeoutMs` is over */
  async flush(timeoutMs: number): Promise<number> {
    if (this.#queue.length > 0 || this.#isWriting) {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([limit, new Promise<void>((resolve) => this.#idle.push(resolve))]);
      clearTimeout(timer);
    }
    return this.#queue.length;
  }

  /** Stops trying; queued rows are lost, and who waits for one is told at once. */
  stop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#gathering);
    clearTimeout(this.#spaced);
    this.#isStopped = true;
    for (const { settle } of this.#queue) settle(isOver());
  }

  #pump(): void {
    if (this.#isStopped || this.#isWriting || this.#retry !== undefined || this.#queue.length === 0) return;
    if (this.#gathering !== undefined && this.#queue.length < this.#settings.batchRows) return;
    if (this.#waitsForOthers()) return;
    clearTimeout(this.#spaced);
    this.#spaced = undefined;
    this.#isWriting = true;
    void this.#writeNext();
  }

  #waitsForOthers(): boolean {
    const waitMs = this.#isFailing ? 0 : this.#spacing.waitMs(this.#queue.length);
    if (waitMs === 0) return false;
    this.#spaced ??= setTimeout(() => {
      this.#spaced = undefined;
      this.#pump();
    }, waitMs);
    return true;
  }

  async #writeNext(): Promise<void> {
    const batch = this.#queue.slice(0, this.#settings.batchRows);
    const started = monotonicClock.now();
    const tell = (isDone: boolean) =>
      this.#observer?.written(batch.length, monotonicClock.now() - started, isDone);
    this.#spacing.begin(batch.length);
    try {
      await this.#writeBatch(batch);
      tell(true);
      this.#queue.splice(0, batch.length);
      this.#isFailing = false;
      this.#backoffMs = FIRST_BACKOFF_MS;
    } catch (error) {
      tell(false);
      this.#isFailing = true;
      this.#settings.onError(error, this.#queue.length);
      if (!this.#isStopped) this.#retryLater();
    }
    this.#isWriting = false;
    if (batch.length > 1 && this.#settings.gatherMs > 0 && !this.#isStopped) this.#gather();
    if (this.#queue.length === 0) for (const wake of this.#idle.splice(0)) wake();
    this.#pump();
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#pump();
    }, this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, this.#settings.maxBackoffMs);
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#pump();
    }, this.#settings.gatherMs);
  }

  #writeBatch(batch: readonly Waiting<Row>[]): Promise<void> {
    const { write, isRowFault, onRowFault } = this.#settings;
    return writeBisected(batch, {
      write: (rows) => write(rows.map(({ row }) => row)),
      isRowFault,
      onWritten: (rows) => {
        for (const { settle } of rows) settle();
      },
      onRowFault: ({ row, settle }, error) => {
        onRowFault(row, error);
        settle(new AuditNotCommittedError("the row was refused"));
      },
    });
  }
}

/** How a batch is written whose rows may be at fault. */
interface BisectedWrite<Row> {
  /** Makes rows durable, all or nothing; must be safe to repeat. */
  readonly write: (rows: readonly Row[]) => Promise<void>;
  /** Whether an error of `write` comes from a row itself, so that trying again is of no use. */
  readonly isRowFault: (error: unknown) => boolean;
  readonly onWritten: (rows: readonly Row[]) => void;
  /** A row that can never be written. */
  readonly onRowFault: (row: Row, error: unknown) => void;
}

/**
 * Writes a batch or, when a row of it is at fault, its halves, and so on down to that row: it holds up no other, and costs a
 * few writes more instead of one for each row.
 * @throws what `write` throws when no row is at fault; what was written before that stays written
 */
export async function writeBisected<Row>(rows: readonly Row[], how: BisectedWrite<Row>): Promise<void> {
  try {
    await how.write(rows);
  } catch (error) {
    if (!how.isRowFault(error)) throw error;
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) {
      how.onRowFault(only, error);
      return;
    }
    const middle = Math.ceil(rows.length / 2);
    await writeBisected(rows.slice(0, middle), how);
    await writeBisected(rows.slice(middle), how);
    return;
  }
  how.onWritten(rows);
}
