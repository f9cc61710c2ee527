import type { AuditRow } from "../ports/audit-log";
import type { Intent } from "../ports/budget-store";

/** What goes through the group commit, in the order in which it happened. */
export type CommitItem =
  | { readonly kind: "intent"; readonly intent: Intent }
  | {
      readonly kind: "row";
      readonly row: AuditRow;
      /** Whether an intent went before it. */
      readonly hasIntent: boolean;
      /** Runs when the row is durable, however late that is. */
      readonly onDurable: (() => void) | undefined;
    };

/** The request that an item belongs to. */
export function requestIdOf(item: CommitItem): string {
  return item.kind === "row" ? item.row.requestId : item.intent.requestId;
}
