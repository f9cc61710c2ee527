import { Client } from "pg";
import {
  addressWithPassword,
  connectTo,
  type DatabaseAddress,
} from "../../../../../services/gateway/adapters/postgres/address";
import { openPool } from "../../../../../services/gateway/adapters/postgres/open-pool";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

let postgres: EmbeddedPostgres;
let password = "first";
let address: DatabaseAddress;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  await postgres.createDatabase("secured");
  await postgres.query("CREATE ROLE service LOGIN PASSWORD 'first'");
  await postgres.requirePasswords();
  address = addressWithPassword(postgres.urlAs("service", "secured"), () => password);
}, 60_000);

afterAll(() => postgres?.stop());

const whoAmI = "SELECT current_user AS name";

test("a connection asks for the password anew each time", async () => {
  const pool = openPool({ ...connectTo(address), max: 2 });
  const client = new Client(connectTo(address));
  try {
    const held = await pool.connect();
    await postgres.query("ALTER ROLE service PASSWORD 'second'");
    await expect(pool.query(whoAmI)).rejects.toThrow("password authentication failed");
    password = "second";
    expect((await pool.query(whoAmI)).rows).toEqual([{ name: "service" }]);
    await client.connect();
    expect((await held.query(whoAmI)).rows).toEqual([{ name: "service" }]);
    held.release();
  } finally {
    await Promise.all([pool.end(), client.end()]);
  }
});

test("a password in the connection string is the one that is used", () => {
  const complete = "postgres://service:in-the-url@db:5432/gateway";
  expect(addressWithPassword(complete, () => "other")).toEqual({ connectionString: complete });
  expect(addressWithPassword("postgres://db/gateway?password=in-the-url", () => "other").password).toBe(
    undefined,
  );
  expect(addressWithPassword("postgres://db/gateway", undefined)).toEqual({
    connectionString: "postgres://db/gateway",
  });
});

test("everything else of the connection string holds as ever", () => {
  const { password: asked, ...rest } = connectTo(
    addressWithPassword(
      "postgres://service@db:5433/gateway?application_name=mine&sslmode=no-verify",
      () => "x",
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
