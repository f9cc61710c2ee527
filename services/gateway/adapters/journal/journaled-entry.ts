import { AuditNotCommittedError, type Intent } from "../../ports/audit-log";
import type { CommitItem } from "../commit-item";
import type { GroupCommit } from "../group-commit";
import { GroupCommitEntry, type IntentLog } from "../group-commit-entry";
import type { JournaledWriter } from "./journaled-writer";

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
    if (this.writer.isAway) throw new AuditNotCommittedError("the database is away");
    await super.begin(intent);
  }
}
