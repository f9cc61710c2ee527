import type { Pool } from "pg";
import type { BudgetId } from "../../ports/budget-store";
import { Questions } from "../../questions";
import { arrayLiteral } from "./array-literal";
import { READ_SPENT } from "./budget-statements";

/** Budgets of one statement at most: a page of keys or users. */
const TOGETHER = 1000;

/** What budgets have spent. All that is asked at once, such as by a page of keys, is one statement. */
export class SpentReader {
  readonly #questions: Questions<BudgetId, number | null>;

  constructor(readonly pool: Pool) {
    this.#questions = new Questions((budgets) => this.#read(budgets), TOGETHER);
  }

  /** In nano-USD; `undefined`: never used. @throws the error of the statement */
  async read(budget: BudgetId): Promise<number | undefined> {
    return (await this.#questions.put(budget)) ?? undefined;
  }

  async #read(budgets: readonly BudgetId[]): Promise<readonly (number | null)[]> {
    const { rows } = await this.pool.query<{ place: string; spent: string }>(READ_SPENT, [
      arrayLiteral(budgets, ({ account }) => account),
      arrayLiteral(budgets, ({ period }) => period),
    ]);
    const spent = new Map(rows.map((row) => [Number(row.place), Number(row.spent)]));
    return budgets.map((_, index) => spent.get(index + 1) ?? null);
  }
}
