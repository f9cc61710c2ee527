import type { Pool } from "pg";
import type { Logger } from "pino";
import type { AuditEntry, AuditLog } from "../../ports/audit-log";
import type { CommitItem } from "../commit-item";
import { GroupCommit } from "../group-commit";
import { GroupCommitEntry } from "../group-commit-entry";
import { isDataFault } from "./error-class";
import { PostgresIntentLog } from "./intent-log";
import { writeItems } from "./write-items";

/** Settings of `PostgresAuditLog`. */
export interface PostgresAuditLogSettings {
  readonly pool: Pool;
  /** For what need not wait for the disk: `PostgresIntentLog`. */
  readonly intentPool: Pool;
  readonly logger: Logger;
  /** Whether Postgres is known to be there; asked before a request is accepted. */
  readonly isConnected: () => boolean;
  /** Rows in memory at most, those of running requests included. @default 5000 */
  readonly capacity?: number;
  /** How long an answer waits for its row. @default 10000 ms */
  readonly timeoutMs?: number;
}

/** Rows in Postgres by group commit. */
export class PostgresAuditLog implements AuditLog {
  readonly #isConnected: () => boolean;
  readonly #commits: GroupCommit<CommitItem>;
  readonly #intents: PostgresIntentLog;

  constructor({ pool, intentPool, logger, isConnected, ...limits }: PostgresAuditLogSettings) {
    this.#isConnected = isConnected;
    this.#intents = new PostgresIntentLog({ ...limits, pool: intentPool, logger });
    this.#commits = new GroupCommit<CommitItem>({
      ...limits,
      write: async (items) => {
        await writeItems(pool, items);
        for (const { onDurable } of items) onDurable?.();
      },
      isRowFault: isDataFault,
      onRowFault: ({ row }, error) =>
        logger.error({ err: error, requestId: row.requestId }, "a row cannot be stored"),
      onError: (error, queuedRows) =>
        logger.warn({ err: error, queuedRows }, "audit rows not written, trying again"),
    });
  }

  get isAccepting(): boolean {
    return this.#isConnected() && !this.#commits.isFailing && this.#commits.hasRoom;
  }

  open(): AuditEntry | undefined {
    if (!this.#isConnected() || this.#commits.isFailing || !this.#commits.announce()) return undefined;
    return new GroupCommitEntry(this.#commits, this.#intents);
  }

  /** For the link: Postgres is back, so queued rows go out now. */
  onReady(): void {
    this.#commits.retryNow();
    this.#intents.onReady();
  }

  flush(timeoutMs: number): Promise<number> {
    return this.#commits.flush(timeoutMs);
  }

  /** Gives up on rows that are still queued. */
  stop(): void {
    this.#commits.stop();
    this.#intents.stop();
  }
}
