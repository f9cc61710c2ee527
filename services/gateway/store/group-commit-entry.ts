import type { AuditEntry, AuditRow, Intent } from "./audit-log";
import type { BudgetId } from "./budget-store";
import type { GroupCommit } from "./group-commit";

/** Where intents are kept until their rows are durable. */
export interface IntentLog {
  /** Resolves when it would be found after a crash of the gateway. @throws AuditNotCommittedError */
  put(intent: Intent): Promise<void>;
  /** The row of a request is durable. */
  end(requestId: string): void;
}

/** An entry of a group commit: its room is used exactly once, by a row or by giving it back. */
export class GroupCommitEntry implements AuditEntry {
  #isUsed = false;
  #intent: Intent | undefined;

  constructor(
    readonly commits: GroupCommit<CommitItem>,
    readonly intents: IntentLog,
  ) {}

  begin(intent: Intent): Promise<void> {
    if (this.#isUsed) return Promise.reject(new Error(`audit entry of ${intent.requestId} is used already`));
    this.#intent = intent;
    return this.intents.put(intent);
  }

  commit(row: AuditRow, onDurable?: () => void, unreserved: readonly BudgetId[] = []): Promise<void> {
    if (this.#isUsed) return Promise.reject(new Error(`audit entry of ${row.requestId} is used already`));
    this.#isUsed = true;
    const reserved = this.#intent;
    const intent =
      unreserved.length === 0
        ? reserved
        : { owner: reserved?.owner ?? NOBODY, budgets: reserved?.budgets ?? [], unreserved };
    if (reserved === undefined) return this.commits.commit({ row, intent, onDurable });
    const isDurable = () => {
      this.intents.end(row.requestId);
      onDurable?.();
    };
    return this.commits.commit({ row, intent, onDurable: isDurable });
  }

  discard(): void {
    if (this.#isUsed) return;
    this.#isUsed = true;
    this.commits.withdraw();
  }
}

/** Of what nothing was reserved. No owner has this id, so no lease is charged. */
export const NOBODY = "00000000-0000-0000-0000-000000000000";

/** What goes through the group commit: a row, and the budgets that its cost is taken from. */
export interface CommitItem {
  readonly row: AuditRow;
  /** `undefined`: no budget pays for it. */
  readonly intent:
    | (Pick<Intent, "owner" | "budgets"> & {
        /** Charged as well, without a lease. @default - none */
        readonly unreserved?: readonly BudgetId[] | undefined;
      })
    | undefined;
  /** Runs when the row is durable, however late that is. */
  readonly onDurable: (() => void) | undefined;
}
