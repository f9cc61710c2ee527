import type { AuditRow, Intent } from "../ports/audit-log";

/**
 * The row of a request whose gateway died under it. What the provider will bill is not known; the reserved amount is
 * the one bound that is, so that the budget is neither overrun nor charged for more than was put aside.
 */
export function toLostRow({ row, reservedNano }: Pick<Intent, "row" | "reservedNano">): AuditRow {
  return {
    ...row,
    startedAt: new Date(row.startedAt),
    status: 500,
    errorType: "gateway_lost",
    costNanoUsd: reservedNano,
  };
}
