import type { AuditRow, Intent } from "../ports/audit-log";
import type { BudgetId } from "../ports/budget-store";

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
