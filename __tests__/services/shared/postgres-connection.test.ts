import { setTimeout as wait } from "node:timers/promises";
import { Client, type Pool } from "pg";
import {
  addressWithPassword,
  connectTo,
  type DatabaseAddress,
  DatabasePassword,
  openClient,
  openPool,
} from "../../../services/shared/postgres-connection";
import { EmbeddedPostgres } from "../../support/services/embedded-postgres";

describe("address", () => {
  const other = new DatabasePassword("other", { info: () => {}, warn: () => {} });

  test("a password in the connection string is the one that is used", () => {
    const complete = "postgres://service:in-the-url@db:5432/gateway";
    expect(addressWithPassword(complete, other)).toEqual({ connectionString: complete });
    expect(addressWithPassword("postgres://db/gateway?password=in-the-url", other).password).toBe(undefined);
    expect(addressWithPassword("postgres://db/gateway", undefined)).toEqual({
      connectionString: "postgres://db/gateway",
    });
  });

  test("everything else of the connection string holds as ever", () => {
    const { password: asked, ...rest } = connectTo(
      addressWithPassword(
        "postgres://service@db:5433/gateway?application_name=mine&sslmode=no-verify",
        other,
      ),
    );
    expect(rest).toMatchObject({
      user: "service",
      host: "db",
      port: 5433,
      database: "gateway",
      application_name: "mine",
      ssl: { rejectUnauthorized: false },
    });
    expect(asked).toBeInstanceOf(Function);
  });
});

describe("database password", () => {
  let postgres: EmbeddedPostgres;
  let password: DatabasePassword;
  let address: DatabaseAddress;
  let pool: Pool;
  let log: string[];

  const write = (message: string) => void log.push(message);
  const alter = (next: string) => postgres.query(`ALTER ROLE service PASSWORD '${next}'`);
  const whoAmI = () => pool.query("SELECT current_user AS name").then(({ rows }) => rows[0]?.name);

  /** Closes what is idle, so that the next statement needs a new connection. */
  async function dropConnections(): Promise<void> {
    await postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'service'");
    while (pool.totalCount > 0) await wait(5);
  }

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start();
    await postgres.createDatabase("secured");
    await postgres.query("CREATE ROLE service LOGIN PASSWORD 'first'");
    await postgres.requirePasswords();
  }, 60_000);
  afterAll(() => postgres?.stop());

  beforeEach(async () => {
    log = [];
    await alter("first");
    password = new DatabasePassword("first", { info: write, warn: write } as never);
    address = addressWithPassword(postgres.urlAs("service", "secured"), password);
    pool = openPool({ address, max: 4 });
    expect(await whoAmI()).toBe("service");
  });
  afterEach(() => pool.end());

  test("the file first, then the database: no connection fails in between", async () => {
    password.change("second");
    await dropConnections();
    expect(await whoAmI()).toBe("service");
    expect(password).toMatchObject({ current: "first", isRefused: true });
    await alter("second");
    await dropConnections();
    expect(await whoAmI()).toBe("service");
    expect(password).toMatchObject({ current: "second", isRefused: false });
    expect(log).toEqual([
      "database rejected the new password; using the previous one until it is accepted",
      "database password updated",
    ]);
  });

  test("the database first, then the file: a connection that is refused is the only one", async () => {
    await alter("second");
    await dropConnections();
    await expect(whoAmI()).rejects.toThrow("password authentication failed");
    password.change("second");
    expect(await whoAmI()).toBe("service");
    expect(log).toEqual(["database password updated"]);
  });

  test("a new one that nobody has noticed yet is looked for when the former is refused", async () => {
    password.whenRefused(() => password.change("second"));
    await alter("second");
    await dropConnections();
    expect(await whoAmI()).toBe("service");
  });

  test("many connections at once, again and again", async () => {
    for (const next of ["second", "third", "fourth"]) {
      password.change(next);
      await dropConnections();
      const before = await Promise.all([1, 2, 3, 4].map(whoAmI));
      await alter(next);
      await dropConnections();
      const after = await Promise.all([1, 2, 3, 4].map(whoAmI));
      expect([...before, ...after]).toEqual(Array(8).fill("service"));
      expect(password.current).toBe(next);
    }
  });

  test("a wrong one, and another after it: what Postgres took last is kept", async () => {
    password.change("wrong");
    await dropConnections();
    expect(await whoAmI()).toBe("service");
    password.change("right");
    await dropConnections();
    expect(await whoAmI()).toBe("service");
    await alter("right");
    await dropConnections();
    expect(await whoAmI()).toBe("service");
    expect(password).toMatchObject({ current: "right", isRefused: false });
  });

  test("a single connection is made with the other one at the next attempt", async () => {
    password.change("second");
    const first = new Client(connectTo(address));
    await expect(openClient(first, address)).rejects.toThrow("password authentication failed");
    const second = new Client(connectTo(address));
    await openClient(second, address);
    await second.end();
    expect(password.current).toBe("first");
  });

  test("other failures change nothing", async () => {
    password.change("second");
    await dropConnections();
    expect(await whoAmI()).toBe("service");
    const held = await pool.connect();
    held.release();
    await postgres.query("ALTER ROLE service NOLOGIN");
    await dropConnections();
    await expect(whoAmI()).rejects.toThrow("not permitted to log in");
    expect(password.current).toBe("first");
    await postgres.query("ALTER ROLE service LOGIN");
  });
});
