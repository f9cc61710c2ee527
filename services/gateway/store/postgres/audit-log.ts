import type { ClientBase, Pool } from "pg";
import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import { MetricsRegistry } from "../../../shared/metrics-registry";
import type { AuditEntry, AuditLog, AuditRow } from "../audit-log";
import type { BudgetId } from "../budget-store";
import { GroupCommit } from "../group-commit";
import { type CommitItem, GroupCommitEntry, NOBODY } from "../group-commit-entry";
import type { Journal } from "../journal/journal";
import { JournaledEntry, JournaledWriter } from "../journal/journaled-writer";
import { tryStatements, writeItems } from "./audit-rows";
import { BUDGETS_MADE_SINCE } from "./budget-statements";
import { isConflict, isDataFault, isUnavailable, isWriteFault, retryConflicts } from "./errors";
import { PostgresIntentLog } from "./intent-log";
import type { LinkUser } from "./link";
import { AuditMetrics } from "./metrics";
import { arrayLiteral } from "./sql";

/** At 200 answers a second two of them share a commit. */
const SPACING_MS = 10;

/** Settings of `PostgresAuditLog`. */
interface PostgresAuditLogSettings {
  readonly pool: Pool;
  /** For what need not wait for the disk: `PostgresIntentLog`. */
  readonly intentPool: Pool;
  readonly logger: Logger;
  /** Whether Postgres is known to be there; asked before a request is accepted. */
  readonly isConnected: () => boolean;
  /** Takes rows while Postgres is away. @default - none: nothing is accepted then */
  readonly journal?: Journal | undefined;
  /** How long it does. @default - `JournaledWriter`'s */
  readonly maxOutageMs?: number | undefined;
  /** Rows in memory at most, those of running requests included. @default 5000 */
  readonly capacity?: number;
  /** How long an answer waits for its row. @default 10000 ms */
  readonly timeoutMs?: number;
  /** @default - nobody is told */
  readonly metrics?: AuditMetrics;
}

/** How long a request waits at most for its intent, which has no disk to wait for, in milliseconds. */
const INTENT_WAIT_MS = 3000;

/** Rows in Postgres by group commit, or in a local journal while Postgres is away. */
export class PostgresAuditLog implements AuditLog {
  readonly #isConnected: () => boolean;
  readonly #logger: Logger;
  readonly #commits: GroupCommit<CommitItem>;
  readonly #intents: PostgresIntentLog;
  readonly #journal: Journal | undefined;
  readonly #writer: JournaledWriter | undefined;
  /** What commits of rows in Postgres came to. */
  readonly watch = new CommitWatch();
  #hasBegun = false;
  #begin: () => void = () => {};
  /** Resolves when Postgres was there for the first time and has what an earlier process left in the journal. */
  readonly begun = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });

  constructor(settings: PostgresAuditLogSettings) {
    const { pool, intentPool, logger, isConnected, journal, maxOutageMs, metrics, ...limits } = {
      metrics: new AuditMetrics(new MetricsRegistry()),
      ...settings,
    };
    this.#isConnected = isConnected;
    const timeoutMs = Math.min(INTENT_WAIT_MS, limits.timeoutMs ?? INTENT_WAIT_MS);
    this.#intents = new PostgresIntentLog({
      timeoutMs,
      pool: intentPool,
      logger,
      observer: metrics.observe("intents"),
    });
    metrics.watchQueue("intents", this.#intents.queue);
    this.#logger = logger;
    this.#journal = journal;
    const write = (items: readonly CommitItem[]) => this.watch.observe(() => writeOrBlame(pool, items));
    // Its reservation stays, and is charged when the gateway ends. The line is all there is of the rest.
    const onRowFault = ({ row }: CommitItem, error: unknown) => {
      metrics.lost("refused", 1);
      logger.error(
        { err: error, requestId: row.requestId, row: factsOf(row) },
        "audit row rejected by the database",
      );
    };
    const onWritten = (destination: "database" | "journal", rows: number) =>
      metrics.written(destination, rows);
    const writer =
      journal === undefined
        ? undefined
        : new JournaledWriter({
            journal,
            write,
            writeLate: async (items) => write(await chargeBudgetsMadeSince(pool, items)),
            isConnected,
            isUnavailable,
            isRowFault: isWriteFault,
            onRowFault,
            onWritten,
            onReplayed: (outcome) => metrics.replayed(outcome),
            onDamaged: (rows) => metrics.lost("journal_damaged", rows),
            logger,
            maxOutageMs,
          });
    this.#writer = writer;
    if (journal !== undefined) metrics.watchJournal(journal);
    this.#commits = new GroupCommit<CommitItem>({
      ...limits,
      spacingMs: SPACING_MS,
      observer: metrics.observe("rows"),
      write:
        writer === undefined
          ? async (items) => {
              await writeAndTell(write, items);
              onWritten("database", items.length);
            }
          : (items) => writer.write(items),
      isRowFault: isWriteFault,
      onRowFault,
      onError: (error, queuedRows) =>
        logger.warn({ err: error, queuedRows }, "failed to write audit rows, retrying"),
    });
    metrics.watchQueue("rows", this.#commits);
  }

  get isAccepting(): boolean {
    return this.#canWrite && this.#commits.hasRoom;
  }

  /** Whether Postgres was there for the first time. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether rows go to the journal at present. */
  get isJournaling(): boolean {
    return this.#writer?.isAway ?? false;
  }

  /** Whether the journal would take rows. */
  get canJournal(): boolean {
    return this.#writer?.canJournal ?? false;
  }

  /** Whether requests may begin that cost a budget something. */
  get isTakingIntents(): boolean {
    return !this.#intents.isFailing && !this.isJournaling;
  }

  get journal(): Pick<Journal, "bytes" | "maxBytes"> | undefined {
    return this.#journal;
  }

  /** Bytes of the journal that Postgres does not have yet. */
  get journalBytes(): number {
    return this.#journal?.bytes ?? 0;
  }

  open(): AuditEntry | undefined {
    if (!this.#canWrite || !this.#commits.announce()) return undefined;
    return this.#writer === undefined
      ? new GroupCommitEntry(this.#commits, this.#intents)
      : new JournaledEntry(this.#commits, this.#intents, this.#writer);
  }

  /** For the link, after those that make the tables. */
  readonly linkUser: LinkUser = {
    // Before the first request, so that no row of an earlier process is still open when its leases are ended.
    onConnect: async () => {
      if (!this.#hasBegun) await this.#writer?.replay();
    },
    // Postgres is back, so queued rows go out now.
    onReady: () => {
      this.#hasBegun = true;
      this.#begin();
      this.#intents.onReady();
      this.#writer?.onReady();
      this.#commits.retryNow();
    },
    onPoll: async () => this.#writer?.onPoll(),
  };

  async flush(timeoutMs: number): Promise<number> {
    const end = monotonicClock.now() + timeoutMs;
    const queued = await this.#commits.flush(timeoutMs);
    if (this.#writer !== undefined && this.#isConnected() && this.journalBytes > 0)
      await within(end - monotonicClock.now(), this.#writer.replay());
    return queued;
  }

  /** Gives up on rows that are still queued; those in the journal stay there. */
  async stop(): Promise<void> {
    this.#commits.stop();
    this.#intents.stop();
    await this.#journal?.close();
    if (this.journalBytes > 0)
      this.#logger.warn(
        { bytes: this.journalBytes },
        "the journal still has rows; they are replayed at the next start",
      );
  }

  get #canWrite(): boolean {
    if (this.#commits.isFailing) return false;
    return this.#writer === undefined ? this.#isConnected() : this.#hasBegun && this.#writer.canWrite;
  }
}

/** Waits for `work`, at most `limitMs`. */
async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, limitMs));
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

/**
 * Writes rows. A fault that is not in their values for sure may be one of the statement itself: of a schema or of rights that
 * somebody has changed. Then no row is at fault, and all wait until it is put right.
 */
async function writeOrBlame(pool: Pool, items: readonly CommitItem[]): Promise<void> {
  try {
    await retryConflicts(() => writeItems(pool, items));
  } catch (error) {
    if (!isWriteFault(error) || isDataFault(error)) throw error;
    await tryStatements(pool).catch((cause: unknown) => {
      throw new Error("cannot write audit rows: the schema or the permissions have changed", { cause });
    });
    throw error;
  }
}

/** What accounts need of a row, for the log. */
function factsOf(row: AuditRow): Partial<AuditRow> {
  const { startedAt, keyId, userId, endUser, route, deployment, status, costNanoUsd } = row;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = row;
  const tokens = { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens };
  return { startedAt, keyId, userId, endUser, route, deployment, status, costNanoUsd, ...tokens };
}

async function writeAndTell(
  write: (items: readonly CommitItem[]) => Promise<void>,
  items: readonly CommitItem[],
): Promise<void> {
  await write(items);
  for (const { onDurable } of items) onDurable?.();
}

/** No request takes this long; a clock that was set may say so, and a moment beyond all years cannot be written. */
const LONGEST_MS = 86_400_000;

/**
 * Rows that come late, from a journal, and the budgets that were made meanwhile. A gateway that was cut off or had ended did not know
 * of them, and they began with the rows that were there: without this what it spent would be in no budget.
 */
export async function chargeBudgetsMadeSince(
  client: Pool | ClientBase,
  items: readonly CommitItem[],
): Promise<readonly CommitItem[]> {
  const costly = items.map(({ row }) => row).filter(({ costNanoUsd }) => costNanoUsd);
  if (costly.length === 0) return items;
  const { rows } = await client.query<BudgetId & { requestId: string }>(BUDGETS_MADE_SINCE, [
    arrayLiteral(costly, ({ requestId }) => requestId),
    arrayLiteral(costly, ({ startedAt }) => startedAt.toISOString()),
    arrayLiteral(costly, ({ startedAt, latencyMs }) =>
      new Date(startedAt.getTime() + Math.min(latencyMs, LONGEST_MS)).toISOString(),
    ),
    arrayLiteral(costly, ({ keyId }) => (keyId === null ? null : `key:${keyId}`)),
    arrayLiteral(costly, ({ userId }) => (userId === null ? null : `user:${userId}`)),
  ]);
  if (rows.length === 0) return items;
  return items.map((item) => {
    const { requestId, startedAt } = item.row;
    const made = rows.filter((one) => one.requestId === requestId && holds(one.period, startedAt));
    return made.length === 0 ? item : { ...item, intent: charging(item.intent, made) };
  });
}

/** Whether a period, `<start>/<end>` or for ever, holds a moment. */
function holds(period: string, moment: Date): boolean {
  const [start, end] = period.split("/").map(Date.parse);
  if (start === undefined || end === undefined) return true;
  return moment.getTime() >= start && moment.getTime() < end;
}

function charging(intent: CommitItem["intent"], made: readonly BudgetId[]): CommitItem["intent"] {
  const { owner = NOBODY, budgets = [], unreserved = [] } = intent ?? {};
  const isCharged = ({ account, period }: BudgetId) =>
    [...budgets, ...unreserved].some((one) => one.account === account && one.period === period);
  const missing = made.filter((budget) => !isCharged(budget));
  return {
    owner,
    budgets,
    unreserved: [...unreserved, ...missing.map(({ account, period }) => ({ account, period }))],
  };
}

/** `late`: one is under way for longer than any should take. `unknown`: nothing was tried lately. */
type CommitVerdict = "working" | "late" | "failing" | "unknown";

/** How long an outcome says something about now, in milliseconds. */
const RECENT_MS = 3000;
/** What takes longer than this is late, in milliseconds. */
const LATE_MS = 2000;

/** What the latest commits of one kind say: those of real requests or, when there were none lately, that of a probe. */
export class CommitWatch {
  /** When those that run were begun; the oldest first. */
  readonly #pending = new Set<{ readonly begunAt: number }>();
  #last: { readonly at: number; readonly isFailure: boolean } | undefined;

  constructor(
    /** Milliseconds of a clock that nobody sets. */
    readonly now: () => number = monotonicClock.now,
  ) {}

  get verdict(): CommitVerdict {
    const now = this.now();
    for (const { begunAt } of this.#pending) {
      if (now - begunAt > LATE_MS) return this.#last?.isFailure === true ? "failing" : "late";
      break;
    }
    if (this.#last === undefined || now - this.#last.at > RECENT_MS) return "unknown";
    return this.#last.isFailure ? "failing" : "working";
  }

  /** Runs `work`, whose outcome counts. @throws what `work` throws */
  async observe<Result>(work: () => Promise<Result>): Promise<Result> {
    const one = { begunAt: this.now() };
    this.#pending.add(one);
    try {
      const result = await work();
      this.#last = { at: this.now(), isFailure: false };
      return result;
    } catch (error) {
      // One that others were in the way of is tried again, and says nothing.
      if (!isConflict(error)) this.#last = { at: this.now(), isFailure: !isDataFault(error) };
      throw error;
    } finally {
      this.#pending.delete(one);
    }
  }
}
