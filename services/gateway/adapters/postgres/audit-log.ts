import type { Pool } from "pg";
import type { Logger } from "pino";
import type { AuditEntry, AuditLog } from "../../ports/audit-log";
import { StoreUnavailableError } from "../../ports/key-store";
import { type CommitItem, requestIdOf } from "../commit-item";
import { GroupCommit } from "../group-commit";
import { GroupCommitEntry } from "../group-commit-entry";
import { isDataFault } from "./error-class";
import { writeItems } from "./write-items";

/** Settings of `PostgresAuditLog`. */
export interface PostgresAuditLogSettings {
  readonly pool: Pool;
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
  readonly #pool: Pool;
  readonly #isConnected: () => boolean;
  readonly #commits: GroupCommit<CommitItem>;

  constructor({ pool, logger, isConnected, ...limits }: PostgresAuditLogSettings) {
    this.#pool = pool;
    this.#isConnected = isConnected;
    this.#commits = new GroupCommit<CommitItem>({
      ...limits,
      write: (items) => writeItems(pool, items),
      isRowFault: isDataFault,
      onRowFault: (item, error) =>
        logger.error({ err: error, requestId: requestIdOf(item), kind: item.kind }, "cannot be stored"),
      onError: (error, queuedRows) =>
        logger.warn({ err: error, queuedRows }, "audit rows not written, trying again"),
    });
  }

  get isAccepting(): boolean {
    return this.#isConnected() && !this.#commits.isFailing && this.#commits.hasRoom;
  }

  open(): AuditEntry | undefined {
    if (!this.#isConnected() || this.#commits.isFailing || !this.#commits.announce()) return undefined;
    return new GroupCommitEntry(this.#commits);
  }

  /** For the link: Postgres is back, so queued rows go out now. */
  onReady(): void {
    this.#commits.retryNow();
  }

  async spentNanoUsd(keyId: string, since: Date | null): Promise<number> {
    try {
      const { rows } = await this.#pool.query<{ spent: string }>(
        `SELECT coalesce(sum(cost_nano_usd), 0)::text AS spent FROM audit_log
          WHERE key_id = $1 AND ($2::timestamptz IS NULL OR started_at >= $2)`,
        [keyId, since],
      );
      return Number(rows[0]?.spent ?? 0);
    } catch (error) {
      throw new StoreUnavailableError("spend not read", { cause: error });
    }
  }

  flush(timeoutMs: number): Promise<number> {
    return this.#commits.flush(timeoutMs);
  }

  /** Gives up on rows that are still queued. */
  stop(): void {
    this.#commits.stop();
  }
}
