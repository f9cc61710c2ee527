import {
  type NamedBudget,
  type NamedBudgetFields,
  type NamedBudgetStore,
  NamedBudgetTakenError,
} from "../../../services/gateway/store/named-budget-store";
import { type Clock, systemClock } from "../../../services/shared/clock";
import { MemoryRecords, NO_LIMITS } from "./records";

/** Budgets in the process only. For tests. */
export class MemoryNamedBudgetStore implements NamedBudgetStore {
  readonly isReady = true;
  readonly #records: MemoryRecords<NamedBudget>;

  constructor(clock: Clock = systemClock) {
    this.#records = new MemoryRecords(clock, (budgetId, authorship) => ({
      budgetId,
      softBudgetNanoUsd: null,
      ...NO_LIMITS,
      ...authorship,
    }));
  }

  findById(budgetId: string): NamedBudget | undefined {
    return this.#records.get(budgetId);
  }

  all(): Iterable<NamedBudget> {
    return this.#records.all();
  }

  async create(budgetId: string, createdBy: string, fields: NamedBudgetFields): Promise<NamedBudget> {
    if (this.findById(budgetId) !== undefined) throw new NamedBudgetTakenError(budgetId);
    return this.#records.upsert(budgetId, createdBy, fields);
  }

  async update(
    budgetId: string,
    updatedBy: string,
    fields: NamedBudgetFields,
  ): Promise<NamedBudget | undefined> {
    if (this.findById(budgetId) === undefined) return undefined;
    return this.#records.upsert(budgetId, updatedBy, fields);
  }

  async delete(budgetIds: readonly string[]): Promise<readonly NamedBudget[]> {
    return this.#records.delete(budgetIds);
  }
}
