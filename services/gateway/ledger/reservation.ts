import type { AuditRow, Intent } from "../ports/audit-log";
import type { LeasedBudget } from "./leased-budget";

/** Money put aside for one request, in one or several budgets. */
export class Reservation {
  #isSettled = false;

  constructor(
    readonly owner: string,
    readonly budgets: readonly LeasedBudget[],
    /** In each of the budgets, in nano-USD. */
    readonly amountNano: number,
  ) {}

  toIntent(row: AuditRow): Intent {
    return {
      requestId: row.requestId,
      owner: this.owner,
      budgets: this.budgets.map((budget) => budget.id),
      reservedNano: this.amountNano,
      row,
    };
  }

  /** The row is durable, and its cost taken from the budgets with it. Later calls do nothing. */
  settle(costNano: number): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    for (const budget of this.budgets) budget.settle(this.amountNano, costNano);
  }
}
