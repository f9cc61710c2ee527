import { type Clock, systemClock } from "../../ports/clock";
import {
  type NamedBudget,
  type NamedBudgetFields,
  type NamedBudgetStore,
  NamedBudgetTakenError,
} from "../../ports/named-budget-store";
import { withChanges } from "./with-changes";

/** Budgets in the process only. For tests. */
export class MemoryNamedBudgetStore implements NamedBudgetStore {
  readonly isReady = true;
  readonly #budgets = new Map<string, NamedBudget>();

  constructor(readonly clock: Clock = systemClock) {}

  findById(budgetId: string): NamedBudget | undefined {
    return this.#budgets.get(budgetId);
  }

  all(): Iterable<NamedBudget> {
    return this.#budgets.values();
  }

  async create(budgetId: string, createdBy: string, fields: NamedBudgetFields): Promise<NamedBudget> {
    if (this.#budgets.has(budgetId)) throw new NamedBudgetTakenError(budgetId);
    const now = new Date(this.clock.now());
    const empty: NamedBudget = {
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

  async update(
    budgetId: string,
    updatedBy: string,
    fields: NamedBudgetFields,
  ): Promise<NamedBudget | undefined> {
    const former = this.#budgets.get(budgetId);
    if (former === undefined) return undefined;
    const updatedAt = new Date(this.clock.now());
    const budget = withChanges<NamedBudget>(former, { ...fields, updatedBy, updatedAt });
    this.#budgets.set(budgetId, budget);
    return budget;
  }

  async delete(budgetId: string): Promise<boolean> {
    return this.#budgets.delete(budgetId);
  }
}
