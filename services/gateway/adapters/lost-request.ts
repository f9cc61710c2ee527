import type { AuditRow, Intent } from "../ports/audit-log";

/** `errorType` of the row of a lost request, until its own row comes. */
export const GATEWAY_LOST = "gateway_lost";

/**
 * The row of a request whose gateway died under it. What the provider will bill is not known; the reserved amount is
 * the one bound that is, so that the budget is neither overrun nor charged for more than was put aside. When the gateway lives after all, the request's own
 * row takes the place of this one.
 */
export function toLostRow({ row, reservedNano }: Pick<Intent, "row" | "reservedNano">): AuditRow {
  return {
    ...row,
    startedAt: new Date(row.startedAt),
    status: 500,
    errorType: GATEWAY_LOST,
    costNanoUsd: reservedNano,
  };
}
