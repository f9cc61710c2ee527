import { addressWithPassword, connectTo } from "../../../../../services/gateway/adapters/postgres/address";
import { DatabasePassword } from "../../../../../services/gateway/adapters/postgres/database-password";

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
    addressWithPassword("postgres://service@db:5433/gateway?application_name=mine&sslmode=no-verify", other),
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
