import type { AuditEntry, AuditRow } from "../ports/audit-log";
import type { GroupCommit } from "./group-commit";

/** An entry of a group commit: its room is used exactly once, by a row or by giving it back. */
export class GroupCommitEntry implements AuditEntry {
  #isUsed = false;

  constructor(readonly commits: GroupCommit<AuditRow>) {}

  commit(row: AuditRow): Promise<void> {
    if (this.#isUsed) return Promise.reject(new Error(`audit entry of ${row.requestId} is used already`));
    this.#isUsed = true;
    return this.commits.commit(row);
  }

  discard(): void {
    if (this.#isUsed) return;
    this.#isUsed = true;
    this.commits.withdraw();
  }
}
