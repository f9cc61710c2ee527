import { type Allowance, allowanceOfKey, allowanceOfUser } from "../../identity/allowances";
import type { AuditEntry, AuditLog, AuditRow, Intent } from "../../store/audit-log";
import type { BudgetId } from "../../store/budget-store";
import type { KeyStore } from "../../store/key-store";
import type { NamedBudgetStore } from "../../store/named-budget-store";
import type { UserStore } from "../../store/user-store";
import { budgetsOf } from "./budgets-of-request";

/** Where the budgets that a request would have now are looked up, in memory. */
export interface NewBudgetsProps {
  readonly keys: Pick<KeyStore, "findById">;
  readonly users: Pick<UserStore, "findById">;
  readonly namedBudgets: Pick<NamedBudgetStore, "findById">;
  /** In nano-USD. `undefined`: end users have no budget. */
  readonly maxEndUserBudgetNano: () => number | undefined;
}

/**
 * Charges a request also to budgets that were set while it ran. Nothing was reserved in them, so what ran when they were set can
 * overrun them; but it is not free. One that nobody has used yet is not charged: it will begin with the sum of all rows, this one
 * included.
 */
export function chargeNewBudgets(log: AuditLog, props: NewBudgetsProps): AuditLog {
  return {
    open: () => {
      const entry = log.open();
      return entry === undefined ? undefined : new ChargingEntry(entry, props);
    },
    get isAccepting() {
      return log.isAccepting;
    },
    get journalBytes() {
      return log.journalBytes ?? 0;
    },
    flush: (timeoutMs) => log.flush(timeoutMs),
  };
}

class ChargingEntry implements AuditEntry {
  #reserved: readonly BudgetId[] = [];

  constructor(
    readonly entry: AuditEntry,
    readonly props: NewBudgetsProps,
  ) {}

  begin(intent: Intent): Promise<void> {
    this.#reserved = intent.budgets;
    return this.entry.begin(intent);
  }

  commit(row: AuditRow, onDurable?: () => void): Promise<void> {
    return this.entry.commit(row, onDurable, row.costNanoUsd ? this.#unreserved(row) : []);
  }

  discard(): void {
    this.entry.discard();
  }

  #unreserved(row: AuditRow): readonly BudgetId[] {
    const { maxEndUserBudgetNano } = this.props;
    const subject = {
      allowances: this.#allowances(row),
      endUser: row.endUser,
      maxEndUserBudgetNano: maxEndUserBudgetNano(),
    };
    const isReserved = ({ account, period }: BudgetId) =>
      this.#reserved.some((one) => one.account === account && one.period === period);
    return budgetsOf(subject, row.startedAt.getTime()).filter((budget) => !isReserved(budget));
  }

  #allowances({ keyId, userId }: AuditRow): readonly Allowance[] {
    const { keys, users, namedBudgets } = this.props;
    const named = (id: string | null) => (id === null ? undefined : namedBudgets.findById(id));
    const allowances: Allowance[] = [];
    const key = keyId === null ? undefined : keys.findById(keyId);
    if (key !== undefined) allowances.push(allowanceOfKey(key, named(key.budgetId)));
    const user = userId === null ? undefined : users.findById(userId);
    if (user !== undefined) allowances.push(allowanceOfUser(user, named(user.budgetId)));
    return allowances;
  }
}
