import type { Pool } from "pg";
import { StoreUnavailableError } from "../key-store";
import {
  type QuotaCorrection,
  type QuotaGrant,
  type QuotaRequest,
  type QuotaStore,
  USE_MS,
  WINDOW_MS,
} from "../quota-store";
import { retryConflicts } from "./errors";
import { arrayLiteral } from "./sql";

/** How long a block for several requests may be used, in milliseconds. */
const BLOCK_MS = 2000;

const TAKE = `
  SELECT granted, new_block, is_block, used, wait_ms, reset_ms
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
           WITH ORDINALITY AS asked(account, size, need, bound, want, place),
         LATERAL take_quota_in_full(account, size, need, bound, want, $6::bigint, $7::bigint)
   ORDER BY place`;
/** Counts beside any block, and counts that are given back. A block that is about to run out is left alone: it may be being deleted. */
const CORRECT = `
  WITH added AS (
    SELECT account, amount FROM unnest($1::text[], $2::bigint[]) AS added(account, amount)
  ), known AS (
    INSERT INTO rate_accounts SELECT DISTINCT account FROM added ORDER BY account ON CONFLICT DO NOTHING
  ), refunded AS (
    UPDATE rate_blocks b SET amount = b.amount - back.amount
      FROM unnest($4::bigint[], $5::bigint[]) AS back(block, amount)
     WHERE b.block = back.block AND b.expires_at_ms > extract(epoch FROM clock_timestamp()) * 1000 + 1000
  )
  INSERT INTO rate_blocks (account, amount, expires_at_ms)
  SELECT account, amount, extract(epoch FROM clock_timestamp()) * 1000 + $3::bigint FROM added`;

interface TakeRow {
  readonly granted: string;
  readonly new_block: string | null;
  readonly is_block: boolean;
  readonly used: string;
  readonly wait_ms: string | null;
  readonly reset_ms: string;
}

/** Windows in Postgres, by its clock. A grant counts for a window from the last moment at which it may be used. */
export class PostgresQuotaStore implements QuotaStore {
  constructor(readonly pool: Pool) {}

  async take(requests: readonly QuotaRequest[]): Promise<readonly QuotaGrant[]> {
    // In one order for all gateways, so that none waits for another that waits for it.
    const order = requests.map((request, index) => ({ request, index })).sort(byAccount);
    const column = (read: (request: QuotaRequest) => string | number) =>
      arrayLiteral(order, ({ request }) => read(request));
    const rows = await this.#query<TakeRow>("take-quota", TAKE, [
      column(({ account }) => account),
      column(({ limit }) => limit),
      column(({ need }) => need),
      column(({ need, bound = need }) => bound),
      column(({ want }) => Math.ceil(want)),
      WINDOW_MS + USE_MS,
      WINDOW_MS + BLOCK_MS,
    ]);
    const grants: QuotaGrant[] = [];
    for (const [place, { index }] of order.entries()) {
      const row = rows[place];
      if (row === undefined) throw new StoreUnavailableError("no answer about a limit");
      grants[index] = toGrant(row);
    }
    return grants;
  }

  async correct(corrections: readonly QuotaCorrection[]): Promise<void> {
    const added = corrections.filter(({ block }) => block === undefined);
    const back = corrections.flatMap(({ block, amount }) => (block === undefined ? [] : [{ block, amount }]));
    await this.#query("correct-quota", CORRECT, [
      arrayLiteral(added, ({ account }) => account),
      arrayLiteral(added, ({ amount }) => amount),
      WINDOW_MS + USE_MS,
      arrayLiteral(back, ({ block }) => block),
      arrayLiteral(back, ({ amount }) => amount),
    ]);
  }

  async #query<Row extends object>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await retryConflicts(() => this.pool.query<Row>({ name, text, values }))).rows;
    } catch (error) {
      throw new StoreUnavailableError("limits not reached", { cause: error });
    }
  }
}

function byAccount(one: { request: QuotaRequest }, other: { request: QuotaRequest }): number {
  return one.request.account < other.request.account ? -1 : 1;
}

function toGrant(row: TakeRow): QuotaGrant {
  return {
    granted: Number(row.granted),
    block: Number(row.new_block ?? 0),
    usableMs: row.is_block ? BLOCK_MS : USE_MS,
    used: Number(row.used),
    waitMs: Number(row.wait_ms ?? WINDOW_MS),
    resetMs: Number(row.reset_ms),
  };
}
