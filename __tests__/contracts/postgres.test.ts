import type { AuditRow } from "../../services/gateway/store/audit-log";
import { migrations } from "../../services/gateway/store/postgres/migrations";
import { auditRow } from "../support/services/audit-row";
import { usePostgres } from "../support/services/postgres-databases";
import { newKey } from "../support/services/test-gateway";
import { describeAuditLog } from "./audit-log.contract";
import { describeKeyStore } from "./key-store.contract";
import { describeSpendStore } from "./spend-store.contract";

const databases = usePostgres();
const { open, openNew } = databases;

describeSpendStore("postgres", async () => {
  const { database } = await openNew();
  return { log: database.audit, spend: database.spend };
});
describeKeyStore("postgres", async () => (await openNew()).database.keys);
describeAuditLog("postgres", async () => {
  const { database, name } = await openNew();
  return { log: database.audit, read: () => readRows(name) };
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
  const rows = await databases.postgres.query<Record<string, unknown>>("SELECT * FROM audit_log", name);
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
  await databases.postgres.createDatabase("together");
  await Promise.all([open("together"), open("together"), open("together")]);
  const steps = databases.postgres.query(
    "SELECT version, name FROM schema_migrations ORDER BY version",
    "together",
  );
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

test("a change reaches other replicas at once, as does the end of a user, budget and token", async () => {
  const { database: here, name } = await openNew();
  const there = await open(name);
  const arrives = async (change: () => Promise<unknown>, hasArrived: () => boolean) => {
    await change();
    const committed = performance.now();
    while (!hasArrived()) {
      // Long before all rows are compared, and so by the notification.
      if (performance.now() - committed > 5000) throw new Error("did not arrive");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
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
});
