import type { AuditEntry, AuditLog, AuditRow } from "../../ports/audit-log";
import { GroupCommit } from "../group-commit";
import { GroupCommitEntry } from "../group-commit-entry";

/** Keeps rows in the process, with the queue of the real log. For tests; `write` may delay or fail. */
export class MemoryAuditLog implements AuditLog {
  /** Durable rows by request id. */
  readonly rows = new Map<string, AuditRow>();
  readonly #commits: GroupCommit<AuditRow>;

  constructor(
    settings: {
      /** Runs before a batch is stored. @default - nothing */
      beforeWrite?: (rows: readonly AuditRow[]) => Promise<void>;
      capacity?: number;
      timeoutMs?: number;
    } = {},
  ) {
    const { beforeWrite, ...limits } = settings;
    this.#commits = new GroupCommit<AuditRow>({
      ...limits,
      write: async (rows) => {
        await beforeWrite?.(rows);
        for (const row of rows) if (!this.rows.has(row.requestId)) this.rows.set(row.requestId, row);
      },
      isRowFault: () => false,
      onRowFault: () => {},
      onError: () => {},
    });
  }

  get isAccepting(): boolean {
    return !this.#commits.isFailing && this.#commits.hasRoom;
  }

  open(): AuditEntry | undefined {
    if (this.#commits.isFailing || !this.#commits.announce()) return undefined;
    return new GroupCommitEntry(this.#commits);
  }

  spentNanoUsd(keyId: string): Promise<number> {
    let spent = 0;
    for (const row of this.rows.values()) if (row.keyId === keyId) spent += row.costNanoUsd ?? 0;
    return Promise.resolve(spent);
  }

  flush(timeoutMs: number): Promise<number> {
    return this.#commits.flush(timeoutMs);
  }
}
