import { type Database, openDatabase } from "../../services/gateway/adapters/postgres/database";
import type { AuditRow } from "../../services/gateway/ports/audit-log";
import { createLogger } from "../../services/shared/logger";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { describeAuditLog } from "./audit-log.contract";
import { describeBudgetStore } from "./budget-store.contract";
import { describeKeyStore } from "./key-store.contract";
import { describeQuotaStore } from "./quota-store.contract";

const logger = createLogger({ name: "test", level: "silent" });
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

async function open(name: string): Promise<Database> {
  const database = openDatabase({ connectionString: postgres.url(name), logger });
  databases.push(database);
  await eventually(() => database.keys.isReady && database.audit.isAccepting);
  return database;
}

async function openNew(): Promise<{ database: Database; name: string }> {
  count += 1;
  const name = `contract_${count}`;
  await postgres.createDatabase(name);
  return { database: await open(name), name };
}

describeKeyStore("postgres", async () => (await openNew()).database.keys);
describeQuotaStore("postgres", async () => (await openNew()).database.quotas);
describeAuditLog("postgres", async () => {
  const { database, name } = await openNew();
  return { log: database.audit, read: () => readRows(name) };
});

describeBudgetStore("postgres", async () => {
  const { database, name } = await openNew();
  return {
    store: database.budgets,
    audit: database.audit,
    leased: async (account) => {
      // The sum and its parts are kept in two tables; they must agree.
      const [row] = await postgres.query<{ total: string; parts: string }>(
        `SELECT leased_nano_usd AS total, (SELECT coalesce(sum(amount_nano_usd), 0) FROM budget_leases l
           WHERE l.account = b.account AND l.period = b.period) AS parts FROM budgets b WHERE account = '${account}'`,
        name,
      );
      expect(row?.parts).toBe(row?.total);
      return Number(row?.total ?? 0);
    },
    rows: async () =>
      (
        await postgres.query<{ cost: string; errorType: string | null }>(
          `SELECT cost_nano_usd AS cost, error_type AS "errorType" FROM audit_log`,
          name,
        )
      ).map(({ cost, errorType }) => ({ cost: Number(cost), errorType })),
  };
});

/** Through a connection of its own: what it sees is committed. */
async function readRows(name: string): Promise<AuditRow[]> {
  const rows = await postgres.query<Record<string, unknown>>("SELECT * FROM audit_log", name);
  const numeric = new Set([
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "cost_nano_usd",
  ]);
  return rows.map((row) => {
    const entries = Object.entries(row).map(([column, value]) => [
      column.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase()),
      numeric.has(column) && value !== null ? Number(value) : value,
    ]);
    return Object.fromEntries(entries) as AuditRow;
  });
}

test("the schema is made once, also when several gateways start at the same time", async () => {
  await postgres.createDatabase("together");
  await Promise.all([open("together"), open("together"), open("together")]);
  await expect(postgres.query("SELECT version, name FROM schema_migrations", "together")).resolves.toEqual([
    { version: 1, name: "keys-and-audit" },
    { version: 2, name: "ledger" },
    { version: 3, name: "limits" },
    { version: 4, name: "attempts-and-usage" },
  ]);
});
