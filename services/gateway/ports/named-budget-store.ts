/** Limits under a name, for keys and users that refer to it. */
export interface NamedBudget {
  readonly budgetId: string;
  /** Most that may be spent in a period, in nano-USD. */
  readonly maxBudgetNanoUsd: number | null;
  /** Only a warning, in nano-USD. */
  readonly softBudgetNanoUsd: number | null;
  /** Length of a period, such as `30d`; `null`: for ever. */
  readonly budgetDuration: string | null;
  /** Requests a minute. */
  readonly rpmLimit: number | null;
  /** Tokens a minute. */
  readonly tpmLimit: number | null;
  /** Requests at the same time. */
  readonly maxParallelRequests: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly createdBy: string;
  readonly updatedBy: string;
}

/** What may be set of a budget. A field left out stays as it is. */
export type NamedBudgetFields = Partial<
  Omit<NamedBudget, "budgetId" | "createdAt" | "updatedAt" | "createdBy" | "updatedBy">
>;

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
  /** @returns whether there was one. @throws StoreUnavailableError */
  delete(budgetId: string): Promise<boolean>;
}
