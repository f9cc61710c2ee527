import type { Pool } from "pg";
import type { BudgetId } from "../../ports/budget-store";
import { arrayLiteral } from "./array-literal";
import { READ_SPENT } from "./budget-statements";

interface Question extends BudgetId {
  readonly resolve: (spentNano: number | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** What budgets have spent. All that is asked in one turn of the event loop, such as by a page of keys, is one statement. */
export class SpentReader {
  #asked: Question[] = [];

  constructor(readonly pool: Pool) {}

  /** In nano-USD; `undefined`: never used. @throws the error of the statement */
  read({ account, period }: BudgetId): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) setImmediate(() => void this.#ask());
      this.#asked.push({ account, period, resolve, reject });
    });
  }

  async #ask(): Promise<void> {
    const asked = this.#asked;
    this.#asked = [];
    try {
      const { rows } = await this.pool.query<{ place: string; spent: string }>(READ_SPENT, [
        arrayLiteral(asked, ({ account }) => account),
        arrayLiteral(asked, ({ period }) => period),
      ]);
      const spent = new Map(rows.map((row) => [Number(row.place), Number(row.spent)]));
      asked.forEach(({ resolve }, index) => {
        resolve(spent.get(index + 1));
      });
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
