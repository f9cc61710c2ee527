import type { ClientBase, Pool } from "pg";
import {
  type BudgetId,
  type BudgetStore,
  type Lease,
  type LeaseRequest,
  OwnerLostError,
} from "../../ports/budget-store";
import { StoreUnavailableError } from "../../ports/key-store";
import { toLostRow } from "../lost-request";
import {
  ACQUIRE,
  END_OWNER,
  GIVE_BACK,
  HEARTBEAT,
  LOCK_BUDGETS_OF,
  SET_SPENT,
  SHORTEN_LIVES,
} from "./budget-statements";
import { isBoundedInNumber } from "./create-budget";
import { isForeignKeyViolation, isRefused } from "./error-class";
import type { FirstBudgets } from "./first-budgets";
import type { HeartbeatThread } from "./heartbeat-thread";
import { decodeIntents } from "./intent-json";
import { retryConflicts } from "./retry-conflicts";
import { SpentReader } from "./spent-reader";
import { writeLost } from "./write-items";

/** Lost requests of one statement at most. */
const LOST_ROWS = 500;

/** Budgets, leases and owners in Postgres. Time is the database's own. */
export class PostgresBudgetStore implements BudgetStore {
  readonly #spent: SpentReader;

  /**
   * @param unsyncedPool its connections do not wait for the disk. A sign of life need not outlive a crash; one that waited for a
   * slow disk longer than it is good for would be over before anybody sees it
   * @param thread gives signs of life as well, for as long as an owner is known here. @default - none does
   * @param lookups for those who only want to know what is spent: they must not be in the way of requests. @default pool
   */
  constructor(
    readonly pool: Pool,
    readonly unsyncedPool: Pool,
    readonly firstBudgets: Pick<FirstBudgets, "create">,
    readonly thread?: Pick<HeartbeatThread, "add" | "remove">,
    lookups: Pool = pool,
  ) {
    this.#spent = new SpentReader(lookups);
  }

  async register(owner: string, ttlMs: number): Promise<void> {
    await this.#query(
      "INSERT INTO ledger_owners VALUES ($1, clock_timestamp() + $2 * interval '1 ms') ON CONFLICT (owner) DO NOTHING",
      [owner, ttlMs],
    );
    this.thread?.add(owner, ttlMs);
  }

  async heartbeat(owners: readonly string[], ttlMs: number): Promise<readonly string[]> {
    const { rows } = await this.unsyncedPool
      .query<{ owner: string }>(HEARTBEAT, [owners, ttlMs])
      .catch(unavailable);
    const known = rows.map((row) => row.owner);
    for (const owner of owners) if (!known.includes(owner)) this.thread?.remove(owner);
    return known;
  }

  async acquire(request: LeaseRequest): Promise<Lease> {
    const found = await this.#tryAcquire(request);
    if (found !== undefined) return found;
    await this.firstBudgets.create(request);
    const created = await this.#tryAcquire(request);
    if (created !== undefined) return created;
    // As if others held all of it: for now there is no room.
    if (isBoundedInNumber(request.account))
      return { grantedNano: 0, spentNano: 0, leasedNano: request.limitNano };
    throw new StoreUnavailableError("budget not created", { isUnchanged: true });
  }

  async giveBack(owner: string, { account, period }: BudgetId, amountNano: number): Promise<void> {
    await this.#query(GIVE_BACK, [owner, account, period, amountNano]);
  }

  recover(): Promise<number> {
    // Someone who writes for the owner at this moment holds its row: then it is not dead yet.
    return this.#endOwners(
      "expires_at < clock_timestamp() ORDER BY owner FOR UPDATE SKIP LOCKED",
      [],
      SHORTEN_LIVES,
    );
  }

  async retire(owner: string): Promise<void> {
    this.thread?.remove(owner);
    await this.#endOwners("owner = $1 FOR UPDATE", [owner]);
  }

  spentNano(budget: BudgetId): Promise<number | undefined> {
    return this.#spent.read(budget).catch(unavailable);
  }

  async setSpent({ account, period }: BudgetId, spentNano: number): Promise<void> {
    await this.#query(SET_SPENT, [account, period, spentNano]);
  }

  async #tryAcquire(request: LeaseRequest): Promise<Lease | undefined> {
    const { account, period, owner, limitNano, fullNano, ampleNano, leastNano, endNano, wantNano } = request;
    const values = [owner, account, period, limitNano, fullNano, ampleNano, leastNano, endNano, wantNano];
    const [row] = await this.#query<Record<"spent" | "leased" | "granted", string | null>>(
      ACQUIRE,
      values,
      "acquire-lease",
    );
    if (row === undefined || row.granted === null) return undefined;
    return {
      grantedNano: Number(row.granted),
      spentNano: Number(row.spent),
      leasedNano: Number(row.leased),
    };
  }

  async #endOwners(condition: string, values: unknown[], before?: string): Promise<number> {
    const client = await this.pool.connect().catch(unavailable);
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      if (before !== undefined) await client.query(before);
      const { rows } = await client.query<{ owner: string }>(
        `SELECT owner FROM ledger_owners WHERE ${condition}`,
        values,
      );
      if (rows.length > 0) await client.query(LOCK_BUDGETS_OF, [rows.map(({ owner }) => owner)]);
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

  async #query<Row extends object>(text: string, values: unknown[], name?: string): Promise<Row[]> {
    try {
      const statement = { text, values, ...(name === undefined ? {} : { name }) };
      return (await retryConflicts(() => this.pool.query<Row>(statement))).rows;
    } catch (error) {
      if (isForeignKeyViolation(error)) throw new OwnerLostError("owner was ended", { cause: error });
      return unavailable(error);
    }
  }
}

/**
 * Intents without a row are charged what was reserved. The caller holds the owner's row, so nothing is added meanwhile, and the rows
 * of its budgets, so that no one who holds one of them waits for a lease that is changed here.
 */
async function endOwner(client: ClientBase, owner: string): Promise<void> {
  const { rows } = await client.query<{ intents: string }>(
    "SELECT intents FROM intent_batches WHERE owner = $1 ORDER BY batch",
    [owner],
  );
  const intents = new Map(
    rows.flatMap(({ intents }) => decodeIntents(intents).map((one) => [one.requestId, one])),
  );
  // A row that is there already costs nothing again, so those that ended need not be looked for.
  for (const batch of inBatches([...intents.values()])) {
    await writeLost(
      client,
      batch.map((intent) => ({ row: toLostRow(intent), intent })),
    );
  }
  await client.query(END_OWNER, [owner]);
  await client.query("DELETE FROM intent_batches WHERE owner = $1", [owner]);
  await client.query("DELETE FROM ledger_owners WHERE owner = $1", [owner]);
}

function* inBatches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += LOST_ROWS) yield items.slice(start, start + LOST_ROWS);
}

function unavailable(error: unknown): never {
  throw new StoreUnavailableError("ledger not reached", { cause: error, isUnchanged: isRefused(error) });
}
