import type { AuditEntry, AuditRow } from "../ports/audit-log";
import type { Intent } from "../ports/budget-store";
import type { CommitItem } from "./commit-item";
import type { GroupCommit } from "./group-commit";

/** An entry of a group commit: its room is used exactly once, by a row or by giving it back. */
export class GroupCommitEntry implements AuditEntry {
  #isUsed = false;
  #hasIntent = false;

  constructor(readonly commits: GroupCommit<CommitItem>) {}

  begin(intent: Intent): Promise<void> {
    if (this.#isUsed) return Promise.reject(new Error(`audit entry of ${intent.requestId} is used already`));
    this.#hasIntent = true;
    return this.commits.append({ kind: "intent", intent });
  }

  commit(row: AuditRow, onDurable?: () => void): Promise<void> {
    if (this.#isUsed) return Promise.reject(new Error(`audit entry of ${row.requestId} is used already`));
    this.#isUsed = true;
    return this.commits.commit({ kind: "row", row, hasIntent: this.#hasIntent, onDurable });
  }

  discard(): void {
    if (this.#isUsed) return;
    this.#isUsed = true;
    this.commits.withdraw();
  }
}
