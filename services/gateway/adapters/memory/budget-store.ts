import { type Budget, type BudgetFields, type BudgetStore, BudgetTakenError } from "../../ports/budget-store";
import { type Clock, systemClock } from "../../ports/clock";
import { withChanges } from "./with-changes";

/** Budgets in the process only. For tests. */
export class MemoryBudgetStore implements BudgetStore {
  readonly isReady = true;
  readonly #budgets = new Map<string, Budget>();

  constructor(readonly clock: Clock = systemClock) {}

  findById(budgetId: string): Budget | undefined {
    return this.#budgets.get(budgetId);
  }

  all(): Iterable<Budget> {
    return this.#budgets.values();
  }

  async create(budgetId: string, createdBy: string, fields: BudgetFields): Promise<Budget> {
    if (this.#budgets.has(budgetId)) throw new BudgetTakenError(budgetId);
    const now = new Date(this.clock.now());
    const empty: Budget = {
      budgetId,
      maxBudgetNanoUsd: null,
      softBudgetNanoUsd: null,
      budgetDuration: null,
      rpmLimit: null,
      tpmLimit: null,
      maxParallelRequests: null,
      createdAt: now,
      updatedAt: now,
      createdBy,
      updatedBy: createdBy,
    };
    const budget = withChanges(empty, fields);
    this.#budgets.set(budgetId, budget);
    return budget;
  }

  async update(budgetId: string, updatedBy: string, fields: BudgetFields): Promise<Budget | undefined> {
    const former = this.#budgets.get(budgetId);
    if (former === undefined) return undefined;
    const updatedAt = new Date(this.clock.now());
    const budget = withChanges<Budget>(former, { ...fields, updatedBy, updatedAt });
    this.#budgets.set(budgetId, budget);
    return budget;
  }

  async delete(budgetId: string): Promise<boolean> {
    return this.#budgets.delete(budgetId);
  }
}
