import type { Pool } from "pg";
import type { Logger } from "pino";
import {
  type NamedBudget,
  type NamedBudgetFields,
  type NamedBudgetStore,
  NamedBudgetTakenError,
} from "../named-budget-store";
import { isUniqueViolation } from "./errors";
import { ReplicatedRecords, type ReplicatedRow } from "./replicated-table";
import {
  type AuthorshipRow,
  type Columns,
  LIMIT_COLUMNS,
  type LimitsRow,
  toAuthorship,
  toLimits,
  toNumber,
} from "./sql";

interface BudgetRow extends ReplicatedRow, LimitsRow, AuthorshipRow {
  readonly budget_id: string;
  readonly soft_budget_nano_usd: string | null;
}

const COLUMNS: Columns<NamedBudgetFields> = { softBudgetNanoUsd: "soft_budget_nano_usd", ...LIMIT_COLUMNS };

/** All budgets in memory, Postgres behind. */
export class PostgresNamedBudgetStore implements NamedBudgetStore {
  readonly #records: ReplicatedRecords<BudgetRow, NamedBudget, NamedBudgetFields>;

  constructor(pool: Pool, logger?: Pick<Logger, "warn">) {
    this.#records = new ReplicatedRecords({
      pool,
      logger,
      name: "named_budgets",
      idColumn: "budget_id",
      columns: COLUMNS,
      toItem: toBudget,
      takenBy: (error, budgetId) =>
        isUniqueViolation(error, "named_budgets_pkey") ? new NamedBudgetTakenError(budgetId) : undefined,
    });
  }

  /** For the link. */
  get table() {
    return this.#records.table;
  }

  get isReady(): boolean {
    return this.table.isReady;
  }

  findById(budgetId: string): NamedBudget | undefined {
    return this.#records.get(budgetId);
  }

  all(): Iterable<NamedBudget> {
    return this.#records.all();
  }

  create(budgetId: string, createdBy: string, fields: NamedBudgetFields): Promise<NamedBudget> {
    return this.#records.create(budgetId, createdBy, fields);
  }

  update(budgetId: string, updatedBy: string, fields: NamedBudgetFields): Promise<NamedBudget | undefined> {
    return this.#records.update(budgetId, updatedBy, fields);
  }

  async delete(budgetId: string): Promise<boolean> {
    return (await this.#records.delete([budgetId])).length > 0;
  }
}

function toBudget(row: BudgetRow): NamedBudget {
  return {
    budgetId: row.budget_id,
    softBudgetNanoUsd: toNumber(row.soft_budget_nano_usd),
    ...toLimits(row),
    ...toAuthorship(row),
  };
}
