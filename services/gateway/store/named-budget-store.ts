import type { Authorship, Limits } from "./key-store";

/** Limits under a name, for keys and users that refer to it. */
export interface NamedBudget extends Limits, Authorship {
  readonly budgetId: string;
  /** Only a warning, in nano-USD. */
  readonly softBudgetNanoUsd: number | null;
}

/** What may be set of a budget. A field left out stays as it is. */
export type NamedBudgetFields = Partial<Omit<NamedBudget, "budgetId" | keyof Authorship>>;

/** There is a budget with this id. */
export class NamedBudgetTakenError extends Error {
  override readonly name = "NamedBudgetTakenError";
}

/** Budgets. Look-ups are answered from memory; changes are durable when their promise resolves. */
export interface NamedBudgetStore {
  readonly isReady: boolean;
  findById(budgetId: string): NamedBudget | undefined;
  /** Every budget, in no particular order. */
  all(): Iterable<NamedBudget>;
  /** @throws NamedBudgetTakenError, StoreUnavailableError */
  create(budgetId: string, createdBy: string, fields: NamedBudgetFields): Promise<NamedBudget>;
  /** @returns `undefined` when there is no such budget. @throws StoreUnavailableError */
  update(budgetId: string, updatedBy: string, fields: NamedBudgetFields): Promise<NamedBudget | undefined>;
  /** @returns those that existed. @throws StoreUnavailableError */
  delete(budgetIds: readonly string[]): Promise<readonly NamedBudget[]>;
}
