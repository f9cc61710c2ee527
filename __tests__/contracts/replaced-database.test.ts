import { hashKey } from "../../services/gateway/identity/keys";
import { type Database, openDatabase } from "../../services/gateway/store/postgres/database";
import { createLogger } from "../../services/shared/logger";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { eventually } from "../support/services/eventually";
import { newKey } from "../support/services/test-gateway";

/** Two running gateways whose database is lost, or becomes what it was before: they hold what is in it, and nothing else. */
const TABLES = ["virtual_keys", "users", "named_budgets", "admin_tokens"];
const hashOf = (name: string) => hashKey(secretOf(name));
const secretOf = (name: string) => `sk-${name.padEnd(16, "0")}`;

let postgres: EmbeddedPostgres;
let count = 0;
let name: string;
let here: Database;
let there: Database;
let log: string[];

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  count += 1;
  name = `replaced_${count}`;
  log = [];
  await postgres.createDatabaseWithSchema(name);
  [here, there] = [await open(), await open()];
});
afterEach(async () => {
  await Promise.all([here, there].map((database) => database.close(100)));
});
afterAll(() => postgres.stop());

async function open(): Promise<Database> {
  const destination = { write: (line: string) => void log.push(line) };
  const logger = createLogger({ name: "test", level: "warn", destination });
  const database = openDatabase({ address: { connectionString: postgres.url(name) }, logger });
  await eventually(() => database.adminTokens.isReady && database.audit.isAccepting);
  return database;
}

/** A key, a user, a budget and an admin token of this name, known to both gateways. */
async function make(what: string): Promise<void> {
  await here.keys.create(newKey(secretOf(what), { keyAlias: what }));
  await here.users.create(what, "x", {});
  await here.namedBudgets.create(what, "x", {});
  await here.adminTokens.create({
    tokenHash: hashOf(`t-${what}`),
    tokenName: "sk-...",
    name: what,
    role: "admin",
    expiresAt: null,
    createdBy: "x",
  });
  await eventually(() => knows(there, what).every(Boolean));
}

async function remove(what: string): Promise<void> {
  await here.keys.delete([here.keys.findByAlias(what)?.keyId ?? ""]);
  await here.users.delete([what]);
  await here.namedBudgets.delete([what]);
  await here.adminTokens.delete(here.adminTokens.findByName(what)?.tokenId ?? "");
}

const knows = ({ keys, users, namedBudgets, adminTokens }: Database, what: string) => [
  keys.findByHash(hashOf(what)) !== undefined && keys.findByAlias(what) !== undefined,
  users.findById(what) !== undefined,
  namedBudgets.findById(what) !== undefined,
  adminTokens.findByHash(hashOf(`t-${what}`)) !== undefined && adminTokens.findByName(what) !== undefined,
];
const ALL = [true, true, true, true];
const NONE = [false, false, false, false];

const dump = () =>
  postgres.query(
    `CREATE SCHEMA dump; ${TABLES.map(
      (table) => `CREATE TABLE dump.${table} AS SELECT * FROM ${table};
                  CREATE TABLE dump.${table}_version AS SELECT last_value, is_called FROM ${table}_version;`,
    ).join("")}`,
    name,
  );

/** The statements with which `pg_restore --clean --if-exists` brings back what was dumped, in their order. */
const DROP = TABLES.map(
  (table) => `ALTER TABLE ${table} RENAME TO ${table}_shape; DROP SEQUENCE ${table}_version;`,
).join("");
const CREATE = TABLES.map(
  (table) => `CREATE TABLE ${table} (LIKE ${table}_shape INCLUDING ALL);
              DROP TABLE ${table}_shape; CREATE SEQUENCE ${table}_version;`,
).join("");
const COPY = TABLES.map((table) => `INSERT INTO ${table} SELECT * FROM dump.${table};`).join("");
const SET_SEQUENCES = TABLES.map(
  (table) => `SELECT setval('${table}_version', last_value, is_called) FROM dump.${table}_version;`,
).join("");

test("a lost volume: what was in it is refused, also by its old names, and what is made anew is known", async () => {
  await make("before");
  const lost = here.keys.findByAlias("before");
  await postgres.loseData();
  await postgres.createDatabase(name);
  for (const database of [here, there])
    await eventually(() => expect(knows(database, "before")).toEqual(NONE) ?? true, 20_000);
  await expect(here.keys.delete([lost?.keyId ?? ""])).resolves.toEqual([]);
  // The same secret, alias and id, in another row.
  await make("before");
  expect(here.keys.findByAlias("before")?.keyId).not.toBe(lost?.keyId);
  for (const database of [here, there]) expect(knows(database, "before")).toEqual(ALL);
}, 60_000);

test("a volume that is lost together with the same secret made anew at once: the new row is the one that is known", async () => {
  await make("chosen");
  const lost = here.keys.findByAlias("chosen");
  await here.close(100);
  await postgres.loseData();
  await postgres.createDatabase(name);
  // A gateway that never knew the old database.
  here = await open();
  const { keyId } = await here.keys.create(newKey(secretOf("chosen"), { keyAlias: "chosen" }));
  await eventually(() => there.keys.findByHash(hashOf("chosen"))?.keyId === keyId, 20_000);
  expect(there.keys.findById(lost?.keyId ?? "")).toBeUndefined();
  expect(there.keys.findByAlias("chosen")?.keyId).toBe(keyId);
}, 60_000);

test.each<[how: string, restore: () => Promise<unknown>]>([
  ["at once", () => postgres.query(DROP + CREATE + COPY + SET_SEQUENCES, name)],
  [
    "step by step, so slowly that gateways find tables that are missing or empty",
    async () => {
      for (const step of [DROP, CREATE, COPY, SET_SEQUENCES]) {
        await postgres.query(step, name);
        await new Promise((resolve) => setTimeout(resolve, 1500));
      }
    },
  ],
  [
    "into the emptied tables",
    () => postgres.query(`TRUNCATE ${TABLES.join(", ")}; ${COPY} ${SET_SEQUENCES}`, name),
  ],
  [
    "row by row into the same tables",
    () =>
      postgres.query(TABLES.map((table) => `DELETE FROM ${table};`).join("") + COPY + SET_SEQUENCES, name),
  ],
  ["without the numbers of versions", () => postgres.query(DROP + CREATE + COPY, name)],
])(
  "a restore under running gateways, %s: keys that came back work, those that are gone do not",
  async (_how, restore) => {
    await make("before");
    await make("blocked-since");
    await dump();
    await make("after");
    await remove("before");
    await here.keys.update(here.keys.findByAlias("blocked-since")?.keyId ?? "", "x", { isBlocked: true });
    await restore();
    for (const database of [here, there]) {
      await eventually(() => expect(knows(database, "after")).toEqual(NONE) ?? true, 20_000);
      await eventually(() => expect(knows(database, "before")).toEqual(ALL) ?? true, 20_000);
      expect(database.keys.findByAlias("blocked-since")?.isBlocked).toBe(false);
    }
    // From here on everything goes forward again, though the numbers were given once already.
    const keyId = here.keys.findByAlias("before")?.keyId ?? "";
    await here.keys.update(keyId, "x", { isBlocked: true });
    await eventually(() => there.keys.findById(keyId)?.isBlocked === true, 1000);
    await make("after");
    await there.keys.delete([keyId]);
    await eventually(() => here.keys.findByHash(hashOf("before")) === undefined, 1000);
    expect(
      log.some(
        (line) => line.includes("a table was replaced or restored") || line.includes("database unavailable"),
      ),
    ).toBe(true);
  },
  60_000,
);

test("a restore that is followed at once by changes whose versions are those of before", async () => {
  await make("before");
  await dump();
  const { keyId } = await here.keys.create(newKey(secretOf("after")));
  await here.keys.delete([here.keys.findByAlias("before")?.keyId ?? ""]);
  await eventually(() => there.keys.findByAlias("before") === undefined);
  const next = `UPDATE virtual_keys SET is_blocked = true, version = nextval('virtual_keys_version');`;
  await postgres.query(DROP + CREATE + COPY + SET_SEQUENCES + next.repeat(5), name);
  for (const database of [here, there]) {
    await eventually(() => database.keys.findByHash(hashOf("before"))?.isBlocked === true, 3000);
    await eventually(() => database.keys.findById(keyId) === undefined, 3000);
  }
});

test("what the database no longer has is neither deleted nor changed, and is forgotten at once", async () => {
  await make("gone");
  const keyId = here.keys.findByAlias("gone")?.keyId ?? "";
  const tokenId = here.adminTokens.findByName("gone")?.tokenId ?? "";
  await postgres.query(TABLES.map((table) => `DELETE FROM ${table};`).join(""), name);
  await expect(here.keys.delete([keyId])).resolves.toEqual([]);
  await expect(here.users.delete(["gone"])).resolves.toEqual([]);
  await expect(here.namedBudgets.delete(["gone"])).resolves.toEqual([]);
  await expect(here.adminTokens.delete(tokenId)).resolves.toBe(false);
  expect(knows(here, "gone")).toEqual(NONE);
  await expect(there.keys.update(keyId, "x", { isBlocked: true })).resolves.toBeUndefined();
  await expect(there.namedBudgets.update("gone", "x", {})).resolves.toBeUndefined();
  expect(knows(there, "gone")).toEqual([false, true, false, true]);
});

test("while the database is away, or a table is, what was known stays in force", async () => {
  await make("known");
  await postgres.query("ALTER TABLE virtual_keys RENAME TO hidden", name);
  await eventually(() => log.some((line) => line.includes("database unavailable")));
  for (const database of [here, there]) expect(knows(database, "known")).toEqual(ALL);
  await postgres.query("ALTER TABLE hidden RENAME TO virtual_keys", name);
  await eventually(() => here.audit.isAccepting && there.audit.isAccepting);
  await postgres.pause("immediate");
  for (const database of [here, there]) expect(knows(database, "known")).toEqual(ALL);
  await postgres.resume();
  await eventually(() => here.audit.isAccepting && there.audit.isAccepting);
  for (const database of [here, there]) expect(knows(database, "known")).toEqual(ALL);
});

test("an empty database in which pg_restore is at work gets no tables from a gateway", async () => {
  await here.close(100);
  name = `${name}_restoring`;
  const url = await postgres.createDatabase(name);
  const restore = postgres.query("SELECT pg_sleep(4)", `${name}?application_name=pg_restore`);
  await eventually(
    async () =>
      (await postgres.query("SELECT FROM pg_stat_activity WHERE application_name = 'pg_restore'")).length > 0,
  );
  const destination = { write: (line: string) => void log.push(line) };
  const logger = createLogger({ name: "test", level: "warn", destination });
  here = openDatabase({ address: { connectionString: url }, logger });
  await eventually(() => log.some((line) => line.includes("pg_restore is at work")));
  await expect(
    postgres.query("SELECT FROM pg_class WHERE relname = 'schema_migrations'", name),
  ).resolves.toEqual([]);
  await restore;
  await eventually(() => here.keys.isReady, 25_000);
}, 60_000);
