import pino from "pino";
import { Encryption } from "../../../../services/key-provisioner/encryption";
import { CoderTokenStore } from "../../../../services/key-provisioner/store/coder-token";
import { Database } from "../../../../services/key-provisioner/store/database";
import { Secret } from "../../../../services/shared/secret";
import { EmbeddedPostgres } from "../../../support/services/embedded-postgres";
import { eventually } from "../../../support/services/eventually";

let postgres: EmbeddedPostgres;
let database: Database;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  await postgres.createDatabase("key_provisioner");
}, 60_000);
beforeEach(async () => {
  database = new Database({ connectionString: postgres.url("key_provisioner") }, pino({ level: "silent" }));
  await database.start();
});
afterEach(() => database?.close());
afterAll(() => postgres?.stop());

test("many who wait for one name leave connections to the others", async () => {
  let end = () => {};
  const blocked = new Promise<void>((resolve) => {
    end = resolve;
  });
  const waiting = Array.from({ length: 10 }, () => database.locked("key a", () => blocked));
  await expect(database.locked("key b", async () => "done")).resolves.toBe("done");
  end();
  await Promise.all(waiting);
});

test("a database that takes no changes is not usable", async () => {
  expect(await database.isUsable()).toBe(true);
  await postgres.query("ALTER DATABASE key_provisioner SET default_transaction_read_only = on");
  // It counts for new connections.
  await postgres.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'key_provisioner'",
  );
  await eventually(async () => (await database.use(async () => true)) && !(await database.isUsable()));
  await postgres.query("ALTER DATABASE key_provisioner SET default_transaction_read_only = off");
});

describe("the token for Coder", () => {
  const encryption = new Encryption(new Secret("the encryption key of this test"));

  test("that another process was handed is read when the known one is forgotten", async () => {
    const [one, other] = [
      new CoderTokenStore(database, encryption),
      new CoderTokenStore(database, encryption),
    ];
    await one.replace("first-token", "request");
    expect(await other.read()).toBe("first-token");
    await one.replace("second-token", "request");
    other.forget();
    expect(await other.read()).toBe("second-token");
  });

  test("that was handed over while the former one was read is the one in force", async () => {
    const store = new CoderTokenStore(database, encryption);
    await store.replace("former-token", "request");
    // Read under the next encryption key, so that the former one is also written again.
    const next = new Encryption(
      new Secret("the next encryption key of it"),
      new Secret("the encryption key of this test"),
    );
    const rotated = new CoderTokenStore(database, next);
    const reading = rotated.read();
    await rotated.replace("next-token", "request");
    await reading;
    expect(await rotated.read()).toBe("next-token");
    rotated.forget();
    expect(await rotated.read()).toBe("next-token");
  });
});
