import type { AuditRow, Intent } from "../ports/audit-log";

/** What goes through the group commit: a row, and the budgets that its cost is taken from. */
export interface CommitItem {
  readonly row: AuditRow;
  /** `undefined`: no budget pays for it. */
  readonly intent: Pick<Intent, "owner" | "budgets"> | undefined;
  /** Runs when the row is durable, however late that is. */
  readonly onDurable: (() => void) | undefined;
}
