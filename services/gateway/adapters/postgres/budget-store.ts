import type { ClientBase, Pool } from "pg";
import type { AuditRow } from "../../ports/audit-log";
import {
  type BudgetId,
  type BudgetStore,
  type Lease,
  type LeaseRequest,
  OwnerLostError,
} from "../../ports/budget-store";
import { StoreUnavailableError } from "../../ports/key-store";
import { toLostRow } from "../lost-request";
import { ACQUIRE, END_OWNER, GIVE_BACK } from "./budget-statements";
import { createBudget } from "./create-budget";
import { isForeignKeyViolation } from "./error-class";
import { settleRows } from "./write-items";

/** Budgets, leases and owners in Postgres. Time is the database's own. */
export class PostgresBudgetStore implements BudgetStore {
  constructor(readonly pool: Pool) {}

  async register(owner: string, ttlMs: number): Promise<void> {
    await this.#query(
      "INSERT INTO ledger_owners VALUES ($1, clock_timestamp() + $2 * interval '1 ms') ON CONFLICT (owner) DO NOTHING",
      [owner, ttlMs],
    );
  }

  async heartbeat(owners: readonly string[], ttlMs: number): Promise<readonly string[]> {
    const rows = await this.#query<{ owner: string }>(
      `UPDATE ledger_owners SET expires_at = clock_timestamp() + $2 * interval '1 ms'
        WHERE owner = ANY($1::uuid[]) RETURNING owner`,
      [owners, ttlMs],
    );
    return rows.map((row) => row.owner);
  }

  async acquire(request: LeaseRequest): Promise<Lease> {
    const found = await this.#tryAcquire(request);
    if (found !== undefined) return found;
    const { text, values } = createBudget(request);
    await this.#query(text, values);
    const created = await this.#tryAcquire(request);
    if (created === undefined) throw new StoreUnavailableError("budget not created");
    return created;
  }

  async giveBack(owner: string, { account, period }: BudgetId, amountNano: number): Promise<void> {
    await this.#query(GIVE_BACK, [owner, account, period, amountNano]);
  }

  recover(): Promise<number> {
    // Someone who writes for the owner at this moment holds its row: then it is not dead yet.
    return this.#endOwners("expires_at < clock_timestamp() ORDER BY owner FOR UPDATE SKIP LOCKED", []);
  }

  async retire(owner: string): Promise<void> {
    await this.#endOwners("owner = $1 FOR UPDATE", [owner]);
  }

  async spentNano({ account, period }: BudgetId): Promise<number | undefined> {
    const rows = await this.#query<{ spent_nano_usd: string }>(
      "SELECT spent_nano_usd FROM budgets WHERE account = $1 AND period = $2",
      [account, period],
    );
    return rows[0] === undefined ? undefined : Number(rows[0].spent_nano_usd);
  }

  async setSpent({ account, period }: BudgetId, spentNano: number): Promise<void> {
    await this.#query(
      `INSERT INTO budgets (account, period, spent_nano_usd) VALUES ($1, $2, $3)
       ON CONFLICT (account, period) DO UPDATE SET spent_nano_usd = excluded.spent_nano_usd`,
      [account, period, spentNano],
    );
  }

  async #tryAcquire(request: LeaseRequest): Promise<Lease | undefined> {
    const { account, period, owner, limitNano, fullNano, ampleNano, leastNano, endNano, wantNano } = request;
    const values = [account, period, owner, limitNano, fullNano, ampleNano, leastNano, endNano, wantNano];
    const [row] = await this.#query<Record<"spent" | "leased" | "granted", string>>(ACQUIRE, values);
    if (row === undefined) return undefined;
    return {
      grantedNano: Number(row.granted),
      spentNano: Number(row.spent),
      leasedNano: Number(row.leased),
    };
  }

  async #endOwners(condition: string, values: unknown[]): Promise<number> {
    const client = await this.pool.connect().catch(unavailable);
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      const { rows } = await client.query<{ owner: string }>(
        `SELECT owner FROM ledger_owners WHERE ${condition}`,
        values,
      );
      for (const { owner } of rows) await endOwner(client, owner);
      await client.query("COMMIT");
      return rows.length;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
      return unavailable(error);
    } finally {
      client.release(broken);
    }
  }

  async #query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(text, values)).rows;
    } catch (error) {
      if (isForeignKeyViolation(error)) throw new OwnerLostError("owner was ended", { cause: error });
      return unavailable(error);
    }
  }
}

async function endOwner(client: ClientBase, owner: string): Promise<void> {
  const { rows } = await client.query<{ audit_row: AuditRow; reserved_nano_usd: string }>(
    "SELECT audit_row, reserved_nano_usd FROM budget_intents WHERE owner = $1 ORDER BY request_id FOR UPDATE",
    [owner],
  );
  if (rows.length > 0) {
    await settleRows(
      client,
      rows.map((row) => toLostRow({ row: row.audit_row, reservedNano: Number(row.reserved_nano_usd) })),
    );
  }
  await client.query(END_OWNER, [owner]);
  await client.query("DELETE FROM ledger_owners WHERE owner = $1", [owner]);
}

function unavailable(error: unknown): never {
  throw new StoreUnavailableError("ledger not reached", { cause: error });
}
