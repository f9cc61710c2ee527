import { Client } from "pg";
import {
  findHolders,
  findLongHolders,
  inShortTransaction,
  isLockNotHad,
  pauseAfter,
  takeLock,
} from "../../../../../services/gateway/adapters/postgres/short-locks";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

let postgres: EmbeddedPostgres;
const clients: Client[] = [];

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  await postgres.query("CREATE TABLE facts (id int); CREATE TABLE others (id int)");
  await postgres.query("CREATE ROLE gateway LOGIN; GRANT ALL ON facts, others TO gateway");
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.end())));
afterAll(() => postgres.stop());

async function connect(application: string, user = "postgres"): Promise<Client> {
  const connectionString = postgres.url().replace("postgres@", `${user}@`);
  const client = new Client({ connectionString, application_name: application });
  await client.connect();
  clients.push(client);
  return client;
}

const read = async (application: string, sql = "LOCK TABLE facts IN ACCESS SHARE MODE") => {
  const reader = await connect(application);
  await reader.query("BEGIN");
  await reader.query(sql);
  return reader;
};

test("locks of several tables are had within one limit, or none is; another mistake is named as what it is", async () => {
  const client = await connect("gateway");
  const reader = await read("psql");
  const lock = (tables: string) =>
    inShortTransaction(client, () => takeLock(client, `${tables} IN ACCESS EXCLUSIVE MODE`)).then(
      () => "had",
      (error: unknown) => error,
    );
  const refused = await lock("others, facts");
  expect(isLockNotHad(refused)).toBe(true);
  expect(await findHolders(reader, ["others"])).toEqual([]);
  expect(isLockNotHad(await lock("nothing"))).toBe(false);
  await reader.query("COMMIT");
  expect(await lock("others, facts")).toBe("had");
});

test("a statement waits for no lock longer than for one moment", async () => {
  const client = await connect("gateway");
  await read("psql");
  const refused = await inShortTransaction(client, () =>
    client.query("ALTER TABLE facts ADD COLUMN name text"),
  ).catch((error: unknown) => error);
  expect(isLockNotHad(refused)).toBe(true);
});

test("holders are told by what they are, of the tables that are asked for", async () => {
  const client = await connect("gateway");
  await read("pg_dump");
  expect(await findHolders(client, ["facts"])).toEqual([
    expect.objectContaining({ application: "pg_dump", user: "postgres", tables: ["facts"] }),
  ]);
  expect(await findHolders(client, ["others", "nothing"])).toEqual([]);
  expect(await findHolders(client)).toHaveLength(1);
});

describe("those who will not let go soon", () => {
  test("are those that have lasted for a second", async () => {
    const client = await connect("gateway");
    await read("pg_dump", "LOCK TABLE facts IN ACCESS SHARE MODE; SELECT pg_sleep(1.1)");
    expect(await findLongHolders(client, ["facts"])).toEqual([
      expect.objectContaining({ application: "pg_dump" }),
    ]);
    expect(await findLongHolders(client, ["others"])).toEqual([]);
    expect(await findLongHolders(client, [])).toEqual([]);
  });

  test("are known also when they belong to a role that may not be looked at", async () => {
    const client = await connect("gateway", "gateway");
    await read("pg_dump");
    expect(await findLongHolders(client, ["facts"])).toEqual([
      expect.objectContaining({ application: "pg_dump", user: "postgres", seconds: null }),
    ]);
  });

  test("are not those of one transaction after the other", async () => {
    const looks = [{ transaction: "5/1" }, { transaction: "5/2" }].map((holder) => [
      { ...holder, pid: 1, seconds: null },
    ]);
    const client = { query: async () => ({ rows: looks.shift() }) };
    expect(await findLongHolders(client as never, ["facts"])).toEqual([]);
    expect(looks).toEqual([]);
  });
});

test("pauses grow, are bounded, and differ by chance", () => {
  const pauses = Array.from({ length: 100 }, (_, attempts) => pauseAfter(attempts, 10_000));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(10_000);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(125);
  expect(Math.min(...pauses.slice(10))).toBeGreaterThanOrEqual(5000);
  expect(new Set(pauses).size).toBeGreaterThan(90);
});
