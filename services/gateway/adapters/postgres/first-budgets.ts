import { setTimeout as wait } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import type { Logger } from "pino";
import type { LeaseRequest } from "../../ports/budget-store";
import { StoreUnavailableError } from "../../ports/key-store";
import { createBudget } from "./create-budget";
import { openPool, type PoolSettings } from "./open-pool";

/** Settings of `FirstBudgets`. */
export interface FirstBudgetsSettings {
  readonly connection: PoolSettings;
  readonly logger: Pick<Logger, "warn">;
  /** How long a request waits; adding up goes on after that. @default 4000 ms */
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
    this.#logger.warn({ account: budget.account }, "what a budget has spent already is still being added up");
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
