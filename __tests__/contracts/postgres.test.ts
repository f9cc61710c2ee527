import { randomUUID } from "node:crypto";
import type { AuditRow } from "../../services/gateway/store/audit-log";
import { type Database, openDatabase } from "../../services/gateway/store/postgres/database";
import { migrations } from "../../services/gateway/store/postgres/migrations";
import { createLogger } from "../../services/shared/logger";
import { acquireLease } from "../support/services/acquire-lease";
import { auditRow } from "../support/services/audit-row";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { newKey } from "../support/services/test-gateway";
import { describeAuditLog } from "./audit-log.contract";
import { describeBudgetStore } from "./budget-store.contract";
import { describeKeyStore } from "./key-store.contract";
import { describeManagementStores } from "./management-stores.contract";
import { describeQuotaStore } from "./quota-store.contract";
import { describeSpendStore } from "./spend-store.contract";

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
  const database = openDatabase({ address: { connectionString: postgres.url(name) }, logger });
  databases.push(database);
  await eventually(() => database.keys.isReady && database.audit.isAccepting);
  return database;
}

async function openNew(): Promise<{ database: Database; name: string }> {
  count += 1;
  const name = `contract_${count}`;
  await postgres.createDatabaseWithSchema(name);
  return { database: await open(name), name };
}

describeManagementStores("postgres", async () => {
  const { users, namedBudgets, adminTokens } = (await openNew()).database;
  return { users, budgets: namedBudgets, adminTokens };
});
describeSpendStore("postgres", async () => {
  const { database } = await openNew();
  return { log: database.audit, spend: database.spend };
});
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
      const [row] = await postgres.query<{ total: string; parts: string; spent: string }>(
        `SELECT b.leased_nano_usd AS total, coalesce(sum(l.amount_nano_usd), 0) AS parts, coalesce(sum(l.spent_nano_usd), 0) AS spent
           FROM budgets b LEFT JOIN budget_leases l USING (account, period)
          WHERE b.account = '${account}' GROUP BY b.account, b.period`,
        name,
      );
      expect(row?.parts).toBe(row?.total);
      return Number(row?.total ?? 0) - Number(row?.spent ?? 0);
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

test("what Postgres can never take is not taken for an outage", async () => {
  const { keys, users, spend } = (await openNew()).database;
  const refused = expect.objectContaining({ name: "ValueRefusedError" });
  for (const metadata of [{ half: "\ud800" }, { nul: "\0" }])
    await expect(keys.create(newKey("sk-odd-0000000000", { metadata }))).rejects.toEqual(refused);
  await expect(keys.create(newKey("sk-odd-\0-000000", { keyAlias: "a\0b" }))).rejects.toEqual(refused);
  await expect(keys.create(newKey("sk-odd-0000000000", { rpmLimit: 1e30 }))).rejects.toEqual(refused);
  await expect(users.create("a\0b", "x", {})).rejects.toEqual(refused);
  await expect(spend.logs({ userId: "a\0b" }, { limit: 1, offset: 0 })).rejects.toEqual(refused);
  await expect(keys.create(newKey("sk-even-000000000"))).resolves.toMatchObject({ isBlocked: false });
});

/** Through a connection of its own: what it sees is committed. */
async function readRows(name: string): Promise<AuditRow[]> {
  const rows = await postgres.query<Record<string, unknown>>("SELECT * FROM audit_log", name);
  const numeric = new Set([
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "cost_nano_usd",
  ]);
  // Not part of a row: whether it took the place of one that was written for a lost request, and is in the sums of its day.
  return rows.map(({ lost_at: _at, lost_cost_nano_usd: _cost, is_counted: _counted, ...row }) => {
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
  const steps = postgres.query("SELECT version, name FROM schema_migrations ORDER BY version", "together");
  await expect(steps).resolves.toEqual(migrations.map(({ version, name }) => ({ version, name })));
});

test("spend is found by the hash of a key that was replaced or deleted", async () => {
  const { database } = await openNew();
  const first = newKey("sk-first-0000000000");
  const second = newKey("sk-second-000000000");
  const { keyId } = await database.keys.create(first);
  await database.audit.open()?.commit(auditRow({ keyId, keyHash: first.tokenHash }));
  await database.keys.update(keyId, "x", {}, { ...second, previousValidUntil: null });
  await database.audit.open()?.commit(auditRow({ keyId, keyHash: second.tokenHash }));
  await database.keys.delete([keyId]);
  for (const keyHash of [first.tokenHash, second.tokenHash]) {
    expect(await database.spend.logs({ keyHash }, { limit: 10, offset: 0 })).toHaveLength(2);
  }
});

test.each([3_600_000, 9000])(
  "after the database's clock was set back by %d ms a limit is full for a window, not until its old time comes again",
  async (stepMs) => {
    const { database, name } = await openNew();
    const ask = { account: "requests:key:1", limit: 10, need: 10, want: 0 };
    await database.quotas.take([ask]);
    await postgres.query(`UPDATE rate_blocks SET expires_at_ms = expires_at_ms + ${stepMs}`, name);
    const [grant] = await database.quotas.take([ask]);
    expect(grant).toMatchObject({ granted: 0, used: 10 });
    expect(grant?.waitMs).toBeGreaterThan(55_000);
    expect(grant?.waitMs).toBeLessThanOrEqual(62_000);
  },
);

test("after the database's clock was set back a dead gateway's leases are held for a minute, and a living one's stay", async () => {
  const { database, name } = await openNew();
  const [dead, alive] = [randomUUID(), randomUUID()];
  for (const owner of [dead, alive]) await database.budgets.register(owner, 3000);
  await postgres.query("UPDATE ledger_owners SET expires_at = expires_at + interval '1 hour'", name);
  await expect(database.budgets.recover()).resolves.toBe(0);
  const left = "SELECT owner FROM ledger_owners WHERE expires_at > clock_timestamp() + interval '1 min'";
  await expect(postgres.query(left, name)).resolves.toEqual([]);
  // A minute later.
  await postgres.query("UPDATE ledger_owners SET expires_at = expires_at - interval '61 s'", name);
  await database.budgets.heartbeat([alive], 30_000);
  await expect(database.budgets.recover()).resolves.toBe(1);
  await expect(postgres.query("SELECT owner FROM ledger_owners", name)).resolves.toEqual([{ owner: alive }]);
});

test.each(["key", "user"] as const)(
  "the first use of a %s's budget counts all that was spent in its period, and what was set in it from there",
  async (scope) => {
    const { database } = await openNew();
    const [id, other] = [randomUUID(), randomUUID()];
    const spend = (costNanoUsd: number, startedAt: Date, by = id) => {
      const whose = scope === "key" ? { keyId: by } : { userId: by };
      return database.audit
        .open()
        ?.commit(auditRow({ keyId: randomUUID(), ...whose, costNanoUsd, startedAt }));
    };
    await spend(400, new Date("2026-01-01T00:00:00Z"));
    await spend(30, new Date("2026-02-01T00:00:00Z"));
    await spend(5000, new Date("2026-02-01T00:00:00Z"), other);
    const owner = randomUUID();
    await database.budgets.register(owner, 60_000);
    const amounts = { fullNano: 1, preferredNano: 1, leastNano: 1, endNano: 1, wantNano: 0 };
    const spent = async (period: string, since: Date | null) => {
      const request = { ...amounts, account: `${scope}:${id}`, period, since, owner, limitNano: 10_000 };
      return (await acquireLease(database.budgets, request)).spentNano;
    };
    await expect(spent("february", new Date("2026-02-01T00:00:00Z"))).resolves.toBe(30);
    await expect(spent("all", null)).resolves.toBe(430);
    await database.spend.set(scope, id, 7);
    await spend(2, new Date());
    // Of another duration, so not used yet.
    await expect(spent("all, again", null)).resolves.toBe(9);
    await expect(spent("set within it", new Date("2026-01-01T00:00:00Z"))).resolves.toBe(9);
    await expect(spent("set before it", new Date(Date.now() + 3_600_000))).resolves.toBe(0);
  },
);

test("a change reaches other replicas within 100 ms, as does the end of a user, budget and token", async () => {
  const { database: here, name } = await openNew();
  const there = await open(name);
  const worst = { ms: 0 };
  const arrives = async (change: () => Promise<unknown>, hasArrived: () => boolean) => {
    await change();
    const committed = performance.now();
    while (!hasArrived()) {
      if (performance.now() - committed > 5000) throw new Error("did not arrive");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    worst.ms = Math.max(worst.ms, performance.now() - committed);
  };
  const token = { tokenHash: "a".repeat(64), tokenName: "sk-...", name: "t", role: "auditor" as const };
  for (let round = 0; round < 10; round += 1) {
    const given = newKey(`sk-round-${String(round).padStart(12, "0")}`);
    const { keyId } = await here.keys.create(given);
    await arrives(
      async () => {},
      () => there.keys.findByHash(given.tokenHash) !== undefined,
    );
    await arrives(
      () => here.keys.update(keyId, "x", { isBlocked: true }),
      () => there.keys.findByHash(given.tokenHash)?.isBlocked === true,
    );
    await arrives(
      () => here.keys.delete([keyId]),
      () => there.keys.findByHash(given.tokenHash) === undefined,
    );
  }
  await arrives(
    () => here.users.upsert("ada", "x", { rpmLimit: 1 }),
    () => there.users.findById("ada")?.rpmLimit === 1,
  );
  await arrives(
    () => here.users.delete(["ada"]),
    () => there.users.findById("ada") === undefined,
  );
  await arrives(
    () => here.namedBudgets.create("b", "x", {}),
    () => there.namedBudgets.findById("b") !== undefined,
  );
  await arrives(
    () => here.adminTokens.create({ ...token, expiresAt: null, createdBy: "x" }),
    () => there.adminTokens.findByName("t") !== undefined,
  );
  await arrives(
    () => here.adminTokens.delete(there.adminTokens.findByName("t")?.tokenId ?? ""),
    () => there.adminTokens.findByName("t") === undefined,
  );
  expect(worst.ms).toBeLessThan(100);
});
