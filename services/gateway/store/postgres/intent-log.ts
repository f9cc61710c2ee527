import type { Pool } from "pg";
import type { Logger } from "pino";
import { AuditNotCommittedError, type AuditRow, type Intent } from "../audit-log";
import { type CommitObserver, GroupCommit } from "../group-commit";
import type { IntentLog } from "../group-commit-entry";
import { END_INTENTS, PUT_INTENTS } from "./budget-statements";
import { isWriteFault, retryConflicts } from "./errors";
import { arrayLiteral } from "./sql";

/** Settings of `PostgresIntentLog`. */
interface PostgresIntentLogSettings {
  /** Its connections must not wait for the disk: see `docs/decisions/0012-intents-without-fsync.md`. */
  readonly pool: Pool;
  readonly logger: Pick<Logger, "warn" | "error">;
  /** How long a request waits for its intent, in milliseconds. @default 10000 */
  readonly timeoutMs?: number;
  /** @default - nobody */
  readonly observer?: CommitObserver;
}

/** A write takes less than a millisecond: under load, one for each request or two would cost more than the requests. */
const GATHER_MS = 1;

/** At 200 requests a second two of them share a write; a provider takes a hundred times as long. */
const SPACING_MS = 12;

/** How long ended batches may stay when no more requests come, in milliseconds. */
const SWEEP_MS = 500;

/** Intents that were written together; the batch is deleted when the last of their requests has its row. */
interface Batch {
  readonly owner: string;
  readonly number: number;
  running: number;
}

/** Intents in Postgres, a batch of them in one row, so that a request costs less than one statement. */
export class PostgresIntentLog implements IntentLog {
  readonly #pool: Pool;
  readonly #commits: GroupCommit<Intent>;
  /** Intents of running requests by request id, and the batch that holds them. */
  readonly #running = new Map<string, { readonly intent: Intent; batch: Batch | undefined }>();
  /** Batches that can go, by owner. */
  readonly #inUse = new Set<Batch>();
  readonly #ended = new Map<string, number[]>();
  #lastBatch = 0;
  #sweep: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor({ pool, logger, timeoutMs, observer }: PostgresIntentLogSettings) {
    this.#pool = pool;
    this.#commits = new GroupCommit<Intent>({
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      gatherMs: GATHER_MS,
      observer,
      spacingMs: SPACING_MS,
      write: (intents) => this.#write(intents),
      isRowFault: isWriteFault,
      onRowFault: (intent, error) =>
        logger.error({ err: error, requestId: intent.requestId }, "intent rejected by the database"),
      onError: (error, queued) => logger.warn({ err: error, queued }, "failed to write intents, retrying"),
    });
  }

  /** What waits to be written. */
  get queue(): Pick<GroupCommit<Intent>, "queued" | "taken" | "capacity" | "waitingMs"> {
    return this.#commits;
  }

  /** Whether the last attempt to write some failed. */
  get isFailing(): boolean {
    return this.#commits.isFailing;
  }

  /** While none are written it is refused at once, instead of after the time that a request waits. */
  put(intent: Intent): Promise<void> {
    if (this.isFailing)
      return Promise.reject(new AuditNotCommittedError("intents cannot be written at present"));
    this.#running.set(intent.requestId, { intent, batch: undefined });
    return this.#commits.append(intent);
  }

  end(requestId: string): void {
    const batch = this.#running.get(requestId)?.batch;
    this.#running.delete(requestId);
    if (batch !== undefined) this.#leave(batch);
  }

  /** Postgres is back: what it had not yet on disk may be gone, so the intents of running requests are written again. */
  onReady(): void {
    this.#commits.retryNow();
    for (const owner of new Set([...this.#inUse].map((batch) => batch.owner))) this.#sweepLater(owner);
    for (const { intent, batch } of this.#running.values())
      if (batch !== undefined) void this.#commits.append(intent).catch(() => {});
  }

  /** Nothing is written or deleted any more. */
  stop(): void {
    this.#isStopped = true;
    this.#commits.stop();
    clearTimeout(this.#sweep);
  }

  async #write(intents: readonly Intent[]): Promise<void> {
    // Nearly always there is one owner: a new one begins only after a failure.
    const owners = new Set(intents.map(({ owner }) => owner));
    for (const owner of owners)
      await this.#put(
        owner,
        owners.size === 1 ? intents : intents.filter((intent) => intent.owner === owner),
      );
  }

  async #put(owner: string, intents: readonly Intent[]): Promise<void> {
    this.#lastBatch += 1;
    const batch: Batch = { owner, number: this.#lastBatch, running: 0 };
    // From here on it counts as used, so that nothing deletes it while it is being written.
    this.#inUse.add(batch);
    const ended = this.#endedOf(owner).slice();
    const values = [owner, batch.number, encodeIntents(intents), arrayLiteral(ended, (number) => number)];
    try {
      await retryConflicts(() => this.#pool.query({ name: "put-intents", text: PUT_INTENTS, values }));
    } catch (error) {
      // It may be there all the same.
      this.#inUse.delete(batch);
      this.#sweepLater(owner);
      throw error;
    }
    this.#endedOf(owner).splice(0, ended.length);
    for (const { requestId } of intents) {
      const running = this.#running.get(requestId);
      if (running === undefined) continue;
      // Written again after an outage: the newer batch holds it now.
      if (running.batch !== undefined) this.#leave(running.batch);
      running.batch = batch;
      batch.running += 1;
    }
    if (batch.running === 0) this.#end(batch);
  }

  #leave(batch: Batch): void {
    batch.running -= 1;
    this.#end(batch);
  }

  #end(batch: Batch): void {
    if (batch.running > 0) return;
    this.#inUse.delete(batch);
    this.#endedOf(batch.owner).push(batch.number);
    this.#sweepLater(batch.owner);
  }

  /**
   * Deletes every batch that no request runs under: when requests keep coming their own statements do it, but not for batches whose
   * writing or deleting was cut off.
   */
  #deleteEnded(): void {
    this.#sweep = undefined;
    for (const owner of this.#ended.keys()) {
      this.#ended.delete(owner);
      const inUse = [...this.#inUse].filter((batch) => batch.owner === owner);
      const values = [owner, this.#lastBatch, arrayLiteral(inUse, ({ number }) => number)];
      this.#pool
        .query({ name: "end-intents", text: END_INTENTS, values })
        .catch(() => this.#sweepLater(owner));
    }
  }

  #sweepLater(owner: string): void {
    this.#endedOf(owner);
    if (this.#isStopped) return;
    this.#sweep ??= setTimeout(() => this.#deleteEnded(), SWEEP_MS).unref();
  }

  #endedOf(owner: string): number[] {
    let ended = this.#ended.get(owner);
    if (ended === undefined) {
      ended = [];
      this.#ended.set(owner, ended);
    }
    return ended;
  }
}

/** An intent whose row has only what differs from `EMPTY`. */
type ShortIntent = Omit<Intent, "row"> & { readonly row: Partial<AuditRow> };

/** Intents as text: a request that is about to be sent knows little yet, and members that say nothing would be most of it. */
export function encodeIntents(intents: readonly Intent[]): string {
  return JSON.stringify(intents.map((intent): ShortIntent => ({ ...intent, row: shorten(intent.row) })));
}

/** @param text of `encodeIntents` */
export function decodeIntents(text: string): Intent[] {
  return (JSON.parse(text) as ShortIntent[]).map((intent) => {
    const row = { ...EMPTY, ...intent.row } as AuditRow;
    return { ...intent, row: { ...row, startedAt: new Date(row.startedAt) } };
  });
}

function shorten(row: AuditRow): Partial<AuditRow> {
  const short: Record<string, unknown> = {};
  for (const name in row) {
    const value = row[name as keyof AuditRow];
    if (value !== EMPTY[name as keyof typeof EMPTY]) short[name] = value;
  }
  return short;
}

/** What a row has when nothing is known. */
const EMPTY = {
  keyId: null,
  keyHash: null,
  keyAlias: null,
  userId: null,
  workspace: null,
  scope: null,
  endUser: null,
  modelRequested: null,
  modelUsed: null,
  deployment: null,
  attempts: 0,
  errorType: null,
  inputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  webSearches: 0,
  isUsageEstimated: false,
  costNanoUsd: 0,
  ttftMs: null,
  isStream: false,
  userAgent: null,
  client: null,
  sessionId: null,
  enforcementLevel: null,
  promptHash: null,
  actor: null,
  target: null,
  changed: null,
  repeats: 0,
} satisfies Partial<AuditRow>;
