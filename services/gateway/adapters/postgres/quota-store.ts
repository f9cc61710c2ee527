import type { Pool } from "pg";
import { StoreUnavailableError } from "../../ports/key-store";
import type { QuotaGrant, QuotaRequest, QuotaStore } from "../../ports/quota-store";

/** Length of a window, in milliseconds. */
const WINDOW_MS = 60_000;
/** A single grant is used at once, but the answer takes its way; later than this it is not used, in milliseconds. */
const ANSWER_MS = 500;
/** How long a block for several requests may be used, in milliseconds. */
const BLOCK_MS = 2000;

const TAKE = "SELECT * FROM take_quota($1, $2, $3, $4, $5, $6)";
const ADD = `
  WITH account AS (INSERT INTO rate_accounts VALUES ($1) ON CONFLICT DO NOTHING)
  INSERT INTO rate_blocks (account, amount, expires_at_ms)
  VALUES ($1, $2, extract(epoch FROM clock_timestamp()) * 1000 + $3::bigint)`;
const REFUND = "UPDATE rate_blocks SET amount = amount - $2 WHERE block = $1";

interface TakeRow {
  readonly granted: string;
  readonly new_block: string | null;
  readonly used: string;
  readonly wait_ms: string | null;
  readonly reset_ms: string;
}

/** Windows in Postgres, by its clock. A grant counts for a window from the last moment at which it may be used. */
export class PostgresQuotaStore implements QuotaStore {
  constructor(readonly pool: Pool) {}

  async take({ account, limit, need, want }: QuotaRequest): Promise<QuotaGrant> {
    const values = [account, limit, need, want, WINDOW_MS + ANSWER_MS, WINDOW_MS + BLOCK_MS];
    const [row] = await this.#query<TakeRow>(TAKE, values);
    if (row === undefined) throw new StoreUnavailableError("no answer about a limit");
    const granted = Number(row.granted);
    return {
      granted,
      block: Number(row.new_block ?? 0),
      usableMs: granted > need ? BLOCK_MS : ANSWER_MS,
      used: Number(row.used),
      waitMs: Number(row.wait_ms ?? WINDOW_MS),
      resetMs: Number(row.reset_ms),
    };
  }

  async add(account: string, amount: number): Promise<void> {
    await this.#query(ADD, [account, amount, WINDOW_MS + ANSWER_MS]);
  }

  async refund(_account: string, block: number, amount: number): Promise<void> {
    await this.#query(REFUND, [block, amount]);
  }

  async #query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(text, values)).rows;
    } catch (error) {
      throw new StoreUnavailableError("limits not reached", { cause: error });
    }
  }
}
