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
export class PostgresNamedBudgetStore
  extends ReplicatedRecords<BudgetRow, NamedBudget, NamedBudgetFields>
  implements NamedBudgetStore
{
  constructor(pool: Pool, logger?: Pick<Logger, "warn">) {
    super({
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
}

function toBudget(row: BudgetRow): NamedBudget {
  return {
    budgetId: row.budget_id,
    softBudgetNanoUsd: toNumber(row.soft_budget_nano_usd),
    ...toLimits(row),
    ...toAuthorship(row),
  };
}
