import type { Pool } from "pg";
import { StoreUnavailableError } from "../../ports/key-store";
import {
  type NamedBudget,
  type NamedBudgetFields,
  type NamedBudgetStore,
  NamedBudgetTakenError,
} from "../../ports/named-budget-store";
import { isUniqueViolation } from "./error-class";
import { toNumber } from "./key-row";
import { ReplicatedTable } from "./replicated-table";
import { type Columns, setClause } from "./set-clause";

interface BudgetRow {
  readonly budget_id: string;
  readonly max_budget_nano_usd: string | null;
  readonly soft_budget_nano_usd: string | null;
  readonly budget_duration: string | null;
  readonly rpm_limit: string | null;
  readonly tpm_limit: string | null;
  readonly max_parallel_requests: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly created_by: string;
  readonly updated_by: string;
  readonly deleted_at: Date | null;
  readonly version: string;
}

/** All budgets in memory, Postgres behind. */
export class PostgresNamedBudgetStore implements NamedBudgetStore {
  /** For the link, which carries the changes of other replicas. */
  readonly table: ReplicatedTable<BudgetRow>;
  readonly #budgets = new Map<string, NamedBudget>();

  constructor(pool: Pool) {
    this.table = new ReplicatedTable({
      pool,
      name: "named_budgets",
      idOf: (row) => row.budget_id,
      apply: (row) => {
        if (row.deleted_at === null) this.#budgets.set(row.budget_id, toBudget(row));
        else this.#budgets.delete(row.budget_id);
      },
    });
  }

  get isReady(): boolean {
    return this.table.isReady;
  }

  findById(budgetId: string): NamedBudget | undefined {
    return this.#budgets.get(budgetId);
  }

  all(): Iterable<NamedBudget> {
    return this.#budgets.values();
  }

  async create(budgetId: string, createdBy: string, fields: NamedBudgetFields): Promise<NamedBudget> {
    try {
      const [row] = await this.table.change(async (client) => {
        await client.query("DELETE FROM named_budgets WHERE budget_id = $1 AND deleted_at IS NOT NULL", [
          budgetId,
        ]);
        await client.query(
          "INSERT INTO named_budgets (budget_id, created_by, updated_by, version) VALUES ($1, $2, $2, 0)",
          [budgetId, createdBy],
        );
        return (await client.query<BudgetRow>(...updateOf(budgetId, createdBy, fields))).rows;
      });
      if (row === undefined) throw new Error("no row came back");
      return toBudget(row);
    } catch (error) {
      if (isUniqueViolation(error, "named_budgets_pkey")) throw new NamedBudgetTakenError(budgetId);
      throw new StoreUnavailableError("budget not created", { cause: error });
    }
  }

  async update(
    budgetId: string,
    updatedBy: string,
    fields: NamedBudgetFields,
  ): Promise<NamedBudget | undefined> {
    try {
      const [row] = await this.table.change(
        async (client) => (await client.query<BudgetRow>(...updateOf(budgetId, updatedBy, fields))).rows,
      );
      return row === undefined ? undefined : toBudget(row);
    } catch (error) {
      throw new StoreUnavailableError("budget not changed", { cause: error });
    }
  }

  async delete(budgetId: string): Promise<boolean> {
    try {
      const rows = await this.table.change(
        async (client) =>
          (
            await client.query<BudgetRow>(
              `UPDATE named_budgets SET deleted_at = now(), version = nextval('named_budgets_version')
                WHERE budget_id = $1 AND deleted_at IS NULL RETURNING *`,
              [budgetId],
            )
          ).rows,
      );
      return rows.length > 0;
    } catch (error) {
      throw new StoreUnavailableError("budget not deleted", { cause: error });
    }
  }
}

const COLUMNS: Columns<NamedBudgetFields> = {
  maxBudgetNanoUsd: "max_budget_nano_usd",
  softBudgetNanoUsd: "soft_budget_nano_usd",
  budgetDuration: "budget_duration",
  rpmLimit: "rpm_limit",
  tpmLimit: "tpm_limit",
  maxParallelRequests: "max_parallel_requests",
};

function updateOf(budgetId: string, updatedBy: string, fields: NamedBudgetFields): [string, unknown[]] {
  const { assignments, values } = setClause(COLUMNS, fields, 3);
  const sql = `
    UPDATE named_budgets
       SET updated_by = $2, updated_at = now(), version = nextval('named_budgets_version')
           ${assignments === "" ? "" : `, ${assignments}`}
     WHERE budget_id = $1 AND deleted_at IS NULL RETURNING *`;
  return [sql, [budgetId, updatedBy, ...values]];
}

function toBudget(row: BudgetRow): NamedBudget {
  return {
    budgetId: row.budget_id,
    maxBudgetNanoUsd: toNumber(row.max_budget_nano_usd),
    softBudgetNanoUsd: toNumber(row.soft_budget_nano_usd),
    budgetDuration: row.budget_duration,
    rpmLimit: toNumber(row.rpm_limit),
    tpmLimit: toNumber(row.tpm_limit),
    maxParallelRequests: toNumber(row.max_parallel_requests),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by,
    updatedBy: row.updated_by,
  };
}
