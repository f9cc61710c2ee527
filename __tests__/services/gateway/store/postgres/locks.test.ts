import { Client } from "pg";
import {
  ADVISORY_LOCKS,
  type AdvisoryLock,
  findHolders,
  findLongHolders,
  inShortTransaction,
  isLockNotHad,
  pauseAfter,
  takeLock,
  tryLock,
  tryTransactionLock,
  unlock,
  whileLocked,
} from "../../../../../services/gateway/store/postgres/locks";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

describe("advisory locks", () => {
  const ALL = Object.keys(ADVISORY_LOCKS) as AdvisoryLock[];

  let postgres: EmbeddedPostgres;
  let mine: Client;
  let other: Client;

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start();
    const url = await postgres.createDatabase("locks");
    [mine, other] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
    await Promise.all([mine.connect(), other.connect()]);
  });
  afterAll(async () => {
    await Promise.all([mine.end(), other.end()]);
    await postgres.stop();
  });

  test.each(ALL)(
    "whoever does %s keeps nobody from any other work, and everybody from this",
    async (lock) => {
      expect(await tryLock(mine, lock)).toBe(true);
      const free: AdvisoryLock[] = [];
      for (const one of ALL) if (await tryLock(other, one)) free.push(one);
      expect(free).toEqual(ALL.filter((one) => one !== lock));
      for (const one of free) await unlock(other, one);
      await unlock(mine, lock);
      expect(await tryLock(other, lock)).toBe(true);
      await unlock(other, lock);
    },
  );

  test("work is done by one at a time, and lets go when it fails", async () => {
    const inside: boolean[] = [];
    const work = async () => {
      inside.push(await whileLocked(other, "sweep", async () => {}));
      throw new Error("broken");
    };
    await expect(whileLocked(mine, "sweep", work)).rejects.toThrow("broken");
    expect(inside).toEqual([false]);
    expect(await whileLocked(other, "sweep", async () => {})).toBe(true);
  });

  test("a lock of a transaction ends with it", async () => {
    await mine.query("BEGIN");
    expect(await tryTransactionLock(mine, "spend")).toBe(true);
    expect(await tryLock(other, "spend")).toBe(false);
    await mine.query("COMMIT");
    expect(await tryLock(other, "spend")).toBe(true);
    await unlock(other, "spend");
  });
});

describe("short locks", () => {
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
});
