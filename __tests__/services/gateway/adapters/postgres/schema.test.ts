import pino from "pino";
import { PostgresLink } from "../../../../../services/gateway/adapters/postgres/link";
import type { Migration } from "../../../../../services/gateway/adapters/postgres/migrations/migration";
import { Schema } from "../../../../../services/gateway/adapters/postgres/schema";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";

const FIRST: Migration = { version: 1, name: "first", sql: "CREATE TABLE facts (id int)" };
/** Goes on until a row lets it. */
const LONG: Migration = {
  version: 2,
  name: "long",
  sql: `DO $$ BEGIN
    WHILE NOT EXISTS (SELECT FROM go) LOOP PERFORM pg_sleep(0.05); END LOOP;
  END $$`,
};

let postgres: EmbeddedPostgres;
let name = "";
let count = 0;
const opened: Gateway[] = [];

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  count += 1;
  name = `schema_${count}`;
  await postgres.createDatabase(name);
  await postgres.query("CREATE TABLE go ()", name);
});
afterEach(() => Promise.all(opened.splice(0).map((gateway) => gateway.stop())));
afterAll(() => postgres.stop());

/** What a gateway has of the database until it is connected. */
class Gateway {
  readonly lines: Record<string, unknown>[] = [];
  readonly schema: Schema;
  readonly link: PostgresLink;

  constructor(migrations: readonly Migration[] = [FIRST, LONG]) {
    const logger = pino({ level: "info" }, { write: (line) => void this.lines.push(JSON.parse(line)) });
    const connectionString = postgres.url(name);
    this.schema = new Schema({ address: { connectionString }, logger, migrations, tellMs: 100 });
    this.link = new PostgresLink({
      address: { connectionString },
      logger,
      users: [this.schema],
      queryTimeoutMs: 2000,
      unusableRetryMs: 50,
    });
    this.link.start();
    opened.push(this);
  }

  said = (message: string) => this.lines.filter(({ msg }) => String(msg).startsWith(message));

  async stop() {
    await this.link.stop();
    await this.schema.stop();
  }
}

const letGo = () => postgres.query("INSERT INTO go DEFAULT VALUES", name);
const isRunning = async (gateway: Gateway) => {
  await eventually(() => gateway.schema.state.migrating?.step === "0002 long");
};

test("a migration has more time than anything else on connecting, says how far it is, and the gateway is connected after it", async () => {
  const gateway = new Gateway();
  await isRunning(gateway);
  // Past the limit of the connection that waits for it.
  await eventually(() => gateway.said("still migrating").some(({ seconds }) => Number(seconds) >= 3));
  expect(gateway.schema.state).toMatchObject({ version: 1, known: 2 });
  expect(gateway.link.isConnected).toBe(false);
  expect(gateway.said("database away")).toEqual([]);
  expect(gateway.said("migrating the database schema")).toEqual([
    expect.objectContaining({ step: "0001 first", number: 1, of: 2 }),
    expect.objectContaining({ step: "0002 long", number: 2, of: 2 }),
  ]);
  await letGo();
  await eventually(() => gateway.link.isConnected);
  expect(gateway.schema.state).toEqual({ version: 2, known: 2, migrating: undefined });
});

test("it goes on when the connection that waits for it is lost, and is not begun a second time", async () => {
  const gateway = new Gateway();
  await isRunning(gateway);
  await postgres.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gateway-link'",
  );
  await eventually(() => gateway.said("database away").length > 0);
  await letGo();
  await eventually(() => gateway.link.isConnected);
  expect(gateway.said("migrating the database schema")).toHaveLength(2);
});

test("another replica waits for as long as it takes, and says so; what the first has done is not done again", async () => {
  const first = new Gateway();
  await isRunning(first);
  const second = new Gateway();
  await eventually(() => second.said("another gateway migrates the database schema").length > 0);
  expect(second.schema.state.migrating?.step).toBe("waiting for another gateway that migrates");
  await letGo();
  await eventually(() => first.link.isConnected && second.link.isConnected);
  expect(second.said("migrating the database schema")).toEqual([]);
  expect(second.schema.state.version).toBe(2);
});

test("when the server stops in the middle, it is begun anew on the next connection", async () => {
  const gateway = new Gateway();
  await isRunning(gateway);
  await postgres.pause("immediate");
  await postgres.resume();
  await letGo();
  await eventually(() => gateway.link.isConnected, 20_000);
  expect(gateway.schema.state).toMatchObject({ version: 2, migrating: undefined });
});

test("a gateway that ends does not wait for it, and leaves nothing of the step behind", async () => {
  const gateway = new Gateway();
  await isRunning(gateway);
  await gateway.stop();
  const left = "SELECT FROM pg_stat_activity WHERE application_name = 'gateway-migration'";
  await eventually(async () => (await postgres.query(left)).length === 0, 30_000);
  await expect(postgres.query("SELECT version FROM schema_migrations", name)).resolves.toEqual([
    { version: 1 },
  ]);
}, 40_000);

describe.each([
  {
    what: "a newer schema",
    break: "UPDATE schema_migrations SET version = 999 WHERE version = 2",
    mend: "DELETE FROM schema_migrations WHERE version = 999",
    told: /999.*knows 2.*start the newer/,
  },
  {
    what: "a step that the server refuses",
    break: "DELETE FROM schema_migrations WHERE version = 1",
    mend: "DROP TABLE facts",
    told: /step 0001 first .* failed.*already exists/,
  },
])("$what", (fault) => {
  test("is told as an error, once and with what to do, and the gateway is connected when that is done", async () => {
    const migrations = [FIRST, { ...LONG, sql: "" }];
    const earlier = new Gateway(migrations);
    await eventually(() => earlier.link.isConnected);
    await earlier.stop();
    await postgres.query(fault.break, name);
    const gateway = new Gateway(migrations);
    await eventually(() => gateway.said("the database cannot be used").length > 0);
    expect(gateway.link.isConnected).toBe(false);
    await postgres.query(fault.mend, name);
    await eventually(() => gateway.link.isConnected);
    expect(gateway.said("the database cannot be used")).toEqual([
      expect.objectContaining({ level: 50, msg: expect.stringMatching(fault.told) }),
    ]);
    expect(gateway.said("database away")).toEqual([]);
    expect(gateway.schema.state).toEqual({ version: 2, known: 2, migrating: undefined });
  });
});

test("the version of a newer schema is known", async () => {
  await postgres.query("CREATE TABLE schema_migrations AS SELECT 999 AS version, '' AS name", name);
  const gateway = new Gateway();
  await eventually(() => gateway.schema.state.version === 999);
});
