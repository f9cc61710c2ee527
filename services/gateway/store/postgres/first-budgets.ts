import { setTimeout as wait } from "node:timers/promises";
import type { ClientBase, Pool, PoolClient } from "pg";
import type { Logger } from "pino";
import { openPool, type PoolSettings } from "../../../shared/postgres-connection";
import type { LeaseRequest } from "../budget-store";
import { StoreUnavailableError } from "../key-store";
import {
  CREATE_BUDGET,
  CREATE_BUDGET_OF_KEY,
  CREATE_BUDGET_OF_USER,
  UNCOUNTED_OF_KEY,
  UNCOUNTED_OF_USER,
} from "./budget-statements";

/** Settings of `FirstBudgets`. */
interface FirstBudgetsSettings {
  readonly connection: PoolSettings;
  readonly logger: Pick<Logger, "warn">;
  /** How long a request waits; the sum is computed to its end all the same. @default 4000 ms */
  readonly waitMs?: number;
  /** Told of its connections. @default - nobody */
  readonly onPool?: (pool: Pool) => void;
}

/** Histories that are added up at the same time. */
const CONNECTIONS = 4;
/** Ends a statement whose connection is lost without a sign; no history takes as long. */
const STATEMENT_LIMIT_MS = 30 * 60_000;

/**
 * Makes budgets that are used for the first time. What was spent before counts, and a long history takes longer to add up than
 * a request can wait: it is added up once, on connections of its own, and who asks meanwhile is told to come again.
 */
export class FirstBudgets {
  readonly #pool: Pool;
  readonly #logger: Pick<Logger, "warn">;
  readonly #waitMs: number;
  readonly #running = new Map<string, Promise<void>>();
  readonly #clients = new Set<PoolClient>();

  constructor({ connection, logger, waitMs = 4000, onPool }: FirstBudgetsSettings) {
    const limits = { query_timeout: STATEMENT_LIMIT_MS, statement_timeout: STATEMENT_LIMIT_MS };
    this.#pool = openPool({ ...connection, ...limits, max: CONNECTIONS });
    onPool?.(this.#pool);
    this.#logger = logger;
    this.#waitMs = waitMs;
  }

  /**
   * Makes a budget that is not there yet.
   * @throws StoreUnavailableError when that fails or takes longer than a request waits; no lease was changed
   */
  async create(budget: Pick<LeaseRequest, "account" | "period" | "since">): Promise<void> {
    const key = `${budget.account} ${budget.period}`;
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#insert(budget).finally(() => this.#running.delete(key));
      // Who waited may be gone when it fails.
      running.catch(() => {});
      this.#running.set(key, running);
    }
    const timer = new AbortController();
    try {
      const late = wait(this.#waitMs, "late", { signal: timer.signal, ref: false });
      late.catch(() => {});
      if ((await Promise.race([running, late])) === undefined) return;
    } catch (error) {
      throw new StoreUnavailableError("budget not created", { cause: error, isUnchanged: true });
    } finally {
      timer.abort();
    }
    this.#logger.warn({ account: budget.account }, "still computing what a new budget has already spent");
    throw new StoreUnavailableError("budget is still being created", { isUnchanged: true });
  }

  /** Gives up what is running. */
  async end(): Promise<void> {
    // A client that is asked to end in the middle of a statement closes its connection.
    for (const client of this.#clients)
      void (client as unknown as { end(): Promise<void> }).end().catch(() => {});
    await this.#pool.end();
  }

  async #insert(budget: Pick<LeaseRequest, "account" | "period" | "since">): Promise<void> {
    const client = await this.#pool.connect();
    this.#clients.add(client);
    let broken: Error | undefined;
    try {
      await createBudget(client, budget);
    } catch (error) {
      broken = error as Error;
      throw error;
    } finally {
      this.#clients.delete(client);
      client.release(broken);
    }
  }
}

/** `key:` accounts are named by the key's id, and rows know that id. */
const KEY_ACCOUNT = /^key:([0-9a-f-]{36})$/;
const USER_ACCOUNT = /^user:(.+)$/s;
const END_USER_ACCOUNT = /^end_user:/;

/**
 * Budgets that are kept at most, about, before end users get no new ones: callers make their names up, and one that has spent
 * something is kept for ever.
 */
export const MAX_BUDGETS = 1_000_000;

/** By the server's own estimate, since counting would take longer than the question. Parameters: account, period, budgets at most. */
const CREATE_END_USER_BUDGET = `
  INSERT INTO budgets (account, period)
  SELECT $1, $2 WHERE (SELECT reltuples FROM pg_class WHERE oid = 'budgets'::regclass) < $3
  ON CONFLICT (account, period) DO NOTHING`;

/** Whether there may be no more of its kind, however little it needs. */
const isBoundedInNumber = (account: string): boolean => END_USER_ACCOUNT.test(account);

/** Makes a budget that is used for the first time. Safe to run by several gateways at once. */
export async function createBudget(
  client: ClientBase,
  { account, period, since }: Pick<LeaseRequest, "account" | "period" | "since">,
): Promise<void> {
  if (isBoundedInNumber(account)) {
    await client.query(CREATE_END_USER_BUDGET, [account, period, MAX_BUDGETS]);
    return;
  }
  const key = KEY_ACCOUNT.exec(account)?.[1];
  const user = USER_ACCOUNT.exec(account)?.[1];
  const id = key ?? user;
  if (id === undefined) {
    await client.query(CREATE_BUDGET, [account, period]);
    return;
  }
  const create = key === undefined ? CREATE_BUDGET_OF_USER : CREATE_BUDGET_OF_KEY;
  const values = [account, period, id, since];
  const { rows } = await client.query("SELECT FROM spend_backfill LIMIT 1");
  if (rows.length === 0) {
    await client.query(create, [...values, "0"]);
    return;
  }
  await client.query("BEGIN");
  try {
    // No day is added up until the budget is there, or it would be in both sums.
    await client.query("LOCK TABLE spend_backfill IN SHARE MODE");
    const uncounted = key === undefined ? UNCOUNTED_OF_USER : UNCOUNTED_OF_KEY;
    const [sum] = (await client.query<{ spent: string }>(uncounted, [id, since])).rows;
    await client.query(create, [...values, sum?.spent]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
