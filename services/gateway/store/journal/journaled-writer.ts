import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import { AuditNotCommittedError, type Intent } from "../audit-log";
import type { GroupCommit } from "../group-commit";
import { type CommitItem, GroupCommitEntry, type IntentLog } from "../group-commit-entry";
import type { Journal } from "./journal";
import { type ReplaySettings, replay } from "./replay";

/** Settings of `JournaledWriter`. */
interface JournaledWriterSettings extends Pick<ReplaySettings, "isRowFault" | "onRowFault" | "onDamaged"> {
  readonly journal: Journal;
  /** Makes a batch durable in the database; must be safe to repeat. */
  readonly write: (items: readonly CommitItem[]) => Promise<void>;
  /** The same with rows of the journal, which come late. @default write */
  readonly writeLate?: (items: readonly CommitItem[]) => Promise<void>;
  /** Whether the database is known to be there. */
  readonly isConnected: () => boolean;
  /** Whether an error of `write` says that the database cannot be used now, whatever the rows. */
  readonly isUnavailable: (error: unknown) => boolean;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
  /** Rows are durable: where. @default - nobody is told */
  readonly onWritten?: (destination: "database" | "journal", rows: number) => void;
  /** A replay is over that had something to do. @default - nobody is told */
  readonly onReplayed?: (outcome: { rows: number; ms: number; isDone: boolean }) => void;
  /**
   * How long requests are accepted without the database, in milliseconds. A key that is blocked or deleted elsewhere
   * meanwhile is not known to be. @default 900000, 15 minutes
   */
  readonly maxOutageMs?: number | undefined;
  /** Milliseconds of a clock that nobody sets. @default monotonicClock */
  readonly now?: () => number;
}

const MAX_OUTAGE_MS = 900_000;

/**
 * Makes batches durable in the database or, while it is away, in the journal.
 *
 * Rows only. No intent is taken while the database is away, so that its request is not sent: whether this gateway may
 * still use a lease is for the database to say. Another gateway that reaches it may have given this one up for dead and
 * may be spending the same money, and an intent in a local file would not stop it.
 *
 * A row with an intent that is in the journal counts as durable for its answer, but not for the ledger: its reservation
 * stands until the row is replayed. Otherwise the ledger could end its owner before that, with the intent still open,
 * and the request would be charged what was reserved instead of what it cost.
 */
export class JournaledWriter {
  /** A write has failed since the database last showed that it takes writes. */
  #isSuspended = false;
  #failures = 0;
  /** What is to be done when rows are replayed, by request id. As many at most as had an intent when the outage began. */
  readonly #held = new Map<string, () => void>();
  #replaying: Promise<boolean> | undefined;
  /** When the database last answered. */
  #seenAt = Number.NEGATIVE_INFINITY;

  constructor(readonly settings: JournaledWriterSettings) {}

  /** Whether batches go to the journal. */
  get isAway(): boolean {
    return this.#isSuspended || !this.settings.isConnected();
  }

  /** Whether a row of a new request could be made durable. */
  get canWrite(): boolean {
    return !this.isAway || this.canJournal;
  }

  /** Whether the journal would take it. */
  get canJournal(): boolean {
    const { journal, maxOutageMs = MAX_OUTAGE_MS } = this.settings;
    return journal.hasRoom && this.#now() - this.#seenAt < maxOutageMs;
  }

  /** @throws what the database says of the rows, or the disk's error when neither takes them */
  async write(items: readonly CommitItem[]): Promise<void> {
    const { journal, write, isUnavailable, logger } = this.settings;
    if (!this.isAway) {
      try {
        await write(items);
        for (const { onDurable } of items) onDurable?.();
        this.settings.onWritten?.("database", items.length);
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        this.#isSuspended = true;
        this.#failures += 1;
        logger.warn({ err: error }, "database unavailable, writing audit rows to the journal");
      }
    }
    await journal.append(items);
    this.settings.onWritten?.("journal", items.length);
    for (const { row, intent, onDurable } of items) {
      if (intent === undefined) onDurable?.();
      else if (onDurable !== undefined) this.#held.set(row.requestId, onDurable);
    }
  }

  /** The database was connected anew: the next batch goes there, and so does what is in the journal. */
  onReady(): void {
    this.#seenAt = this.#now();
    this.#isSuspended = false;
    void this.#replayRest();
  }

  /** The database has answered. Batches go there again when it has taken what is in the journal. */
  onPoll(): void {
    this.#seenAt = this.#now();
    if (!this.#isSuspended && !this.#hasRest) return;
    void this.#replayRest();
  }

  /** Replays what is in the journal now. One at a time. @returns whether all of it is in the database */
  replay(): Promise<boolean> {
    this.#replaying ??= this.#replay().finally(() => {
      this.#replaying = undefined;
    });
    return this.#replaying;
  }

  #now(): number {
    return this.settings.now?.() ?? monotonicClock.now();
  }

  get #hasRest(): boolean {
    return this.settings.journal.bytes > 0 || this.#held.size > 0;
  }

  async #replayRest(): Promise<void> {
    const failures = this.#failures;
    const isDone = await this.replay();
    // A failure meanwhile says more than a replay of nothing.
    if (isDone && failures === this.#failures) this.#isSuspended = false;
  }

  async #replay(): Promise<boolean> {
    const heldBefore = [...this.#held.keys()];
    const started = monotonicClock.now();
    let rows = 0;
    const tell = (isDone: boolean) =>
      this.settings.onReplayed?.({ rows, ms: monotonicClock.now() - started, isDone });
    try {
      const { write, writeLate = write } = this.settings;
      const onDurable = (requestId: string) => {
        rows += 1;
        this.#release(requestId);
      };
      await replay({ ...this.settings, write: writeLate, onDurable });
      if (rows > 0) tell(true);
    } catch (error) {
      tell(false);
      this.settings.logger.warn({ err: error }, "journal replay failed, retrying");
      return false;
    }
    // Their rows were given up, or another process that shares the directory has them.
    for (const requestId of heldBefore) this.#release(requestId);
    return true;
  }

  #release(requestId: string): void {
    const onDurable = this.#held.get(requestId);
    this.#held.delete(requestId);
    onDurable?.();
  }
}

/** An entry whose row may go to the journal; its intent may not, and is refused at once while the database is away. */
export class JournaledEntry extends GroupCommitEntry {
  constructor(
    commits: GroupCommit<CommitItem>,
    intents: IntentLog,
    readonly writer: Pick<JournaledWriter, "isAway">,
  ) {
    super(commits, intents);
  }

  override async begin(intent: Intent): Promise<void> {
    if (this.writer.isAway) throw new AuditNotCommittedError("the database is unavailable");
    await super.begin(intent);
  }
}
