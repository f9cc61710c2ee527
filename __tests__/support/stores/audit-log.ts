import {
  type AuditEntry,
  type AuditLog,
  AuditNotCommittedError,
  type AuditRow,
} from "../../../services/gateway/store/audit-log";
import { GroupCommit } from "../../../services/gateway/store/group-commit";
import {
  type CommitItem,
  GroupCommitEntry,
  type IntentLog,
} from "../../../services/gateway/store/group-commit-entry";
import { GATEWAY_LOST } from "../../../services/gateway/store/postgres/budget-statements";
import type { MemoryBudgetStore } from "./budget-store";

/** Keeps rows in the process, with the queue of the real log. For tests; `write` may delay or fail. */
export class MemoryAuditLog implements AuditLog {
  /** Durable rows by request id. */
  readonly rows = new Map<string, AuditRow>();
  readonly #commits: GroupCommit<CommitItem>;
  readonly #intents: IntentLog;

  constructor(
    settings: {
      /** Runs before a batch is stored. @default - nothing */
      beforeWrite?: (rows: readonly AuditRow[]) => Promise<void>;
      /** Where the money of the rows is. @default - nowhere */
      budgets?: MemoryBudgetStore;
      capacity?: number;
      timeoutMs?: number;
    } = {},
  ) {
    const { beforeWrite, budgets, ...limits } = settings;
    this.#intents = {
      put: async (intent) => {
        try {
          budgets?.addIntent(intent);
        } catch (error) {
          throw new AuditNotCommittedError("the owner was ended", { cause: error });
        }
      },
      // Settling its row removes it.
      end: () => {},
    };
    this.#commits = new GroupCommit<CommitItem>({
      ...limits,
      write: async (items) => {
        await beforeWrite?.(items.map((item) => item.row));
        for (const item of items) {
          const { row, intent } = item;
          const lost = this.rows.get(row.requestId);
          if (lost?.errorType === GATEWAY_LOST) {
            this.rows.set(row.requestId, row);
            const change = (row.costNanoUsd ?? 0) - (lost.costNanoUsd ?? 0);
            budgets?.correct(row.requestId, intent?.budgets ?? [], change);
          }
          const isNew = this.add(row);
          if (isNew) budgets?.charge(intent?.unreserved ?? [], row.costNanoUsd ?? 0);
          budgets?.settle(row.requestId, isNew ? (row.costNanoUsd ?? 0) : 0);
          item.onDurable?.();
        }
      },
      isRowFault: () => false,
      onRowFault: () => {},
      onError: () => {},
    });
  }

  /** @returns whether it was not there yet */
  add(row: AuditRow): boolean {
    if (this.rows.has(row.requestId)) return false;
    this.rows.set(row.requestId, row);
    return true;
  }

  get isAccepting(): boolean {
    return !this.#commits.isFailing && this.#commits.hasRoom;
  }

  open(): AuditEntry | undefined {
    if (this.#commits.isFailing || !this.#commits.announce()) return undefined;
    return new GroupCommitEntry(this.#commits, this.#intents);
  }

  flush(timeoutMs: number): Promise<number> {
    return this.#commits.flush(timeoutMs);
  }
}
