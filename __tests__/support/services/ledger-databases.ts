import { randomUUID } from "node:crypto";
import { type Database, openDatabase } from "../../../services/gateway/store/postgres/database";
import { createLogger } from "../../../services/shared/logger";
import { acquireLease } from "./acquire-lease";
import { auditRow } from "./audit-row";
import { EmbeddedPostgres } from "./embedded-postgres";
import { eventually } from "./eventually";

const TTL_MS = 60_000;
export const BUDGET = { account: "end_user:ada", period: "all" };
export const OTHER = { account: "end_user:grace", period: "all" };
export const logger = createLogger({ name: "test", level: "silent" });

/** An embedded Postgres for the tests of a file, and gateways' connections that are closed after each of them. */
export function useLedgerDatabases() {
  let postgres: EmbeddedPostgres;
  let databases: Database[] = [];
  let count = 0;

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start();
  });
  afterEach(async () => {
    await Promise.all(databases.map((database) => database.close(1000)));
    databases = [];
  });
  afterAll(() => postgres.stop());

  const nextName = () => {
    count += 1;
    return `ledger_${count}`;
  };

  /** Gateways on one database. */
  async function openGateways(gateways: number, url?: string): Promise<Database[]> {
    const connectionString = url ?? (await postgres.createDatabaseWithSchema(nextName()));
    for (let index = 0; index < gateways; index += 1)
      databases.push(openDatabase({ address: { connectionString }, logger, poolSize: 3 }));
    const opened = databases.slice(-gateways);
    await eventually(() => opened.every(({ audit }) => audit.isAccepting));
    return opened;
  }

  async function openOne(url?: string): Promise<Database> {
    const [database] = await openGateways(1, url);
    return database as Database;
  }

  /** An empty database, without a schema. */
  const createEmpty = () => postgres.createDatabase(nextName());

  return { openGateways, openOne, createEmpty };
}

export async function query<Row extends object>(
  { budgets }: Database,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await budgets.pool.query<Row>(text, values)).rows;
}

/** Columns of a budget and of its leases. */
export async function books(database: Database, { account }: typeof BUDGET) {
  const [row] = await query(
    database,
    `SELECT b.spent_nano_usd::int AS spent, b.leased_nano_usd::int AS leased,
            coalesce(array_agg(ARRAY[l.amount_nano_usd, l.spent_nano_usd]::int[] ORDER BY l.amount_nano_usd) FILTER (WHERE l.owner IS NOT NULL), '{}') AS leases
       FROM budgets b LEFT JOIN budget_leases l USING (account, period)
      WHERE b.account = $1 GROUP BY b.account, b.period`,
    [account],
  );
  return row;
}

export async function register(database: Database): Promise<string> {
  const owner = randomUUID();
  await database.budgets.register(owner, TTL_MS);
  return owner;
}

export const acquire = (
  database: Database,
  owner: string,
  amount: number,
  budget = BUDGET,
  limitNano = 1000,
) =>
  acquireLease(database.budgets, {
    ...budget,
    owner,
    limitNano,
    fullNano: amount,
    preferredNano: amount,
    leastNano: amount,
    endNano: amount,
    wantNano: 0,
    since: null,
  });

export const paidRow = (costNanoUsd: number) => auditRow({ costNanoUsd, errorType: null });
