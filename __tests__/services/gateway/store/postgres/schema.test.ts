import { Client } from "pg";
import pino from "pino";
import { PostgresLink } from "../../../../../services/gateway/store/postgres/link";
import { migrations } from "../../../../../services/gateway/store/postgres/migrations";
import type { Migration } from "../../../../../services/gateway/store/postgres/migrations/migration";
import {
  type MigrationObserver,
  migrate,
  Schema,
} from "../../../../../services/gateway/store/postgres/schema";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";
import { eventually } from "../../../../support/services/eventually";

describe("schema", () => {
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
    expect(gateway.said("database unavailable")).toEqual([]);
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
    await eventually(() => gateway.said("database unavailable").length > 0);
    await letGo();
    await eventually(() => gateway.link.isConnected);
    expect(gateway.said("migrating the database schema")).toHaveLength(2);
  });

  test("another replica waits for as long as it takes, and says so; what the first has done is not done again", async () => {
    const first = new Gateway();
    await isRunning(first);
    const second = new Gateway();
    await eventually(() => second.said("another gateway is migrating the database schema").length > 0);
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
      told: /999.*knows 2.*run the newer/,
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
      expect(gateway.said("database unavailable")).toEqual([]);
      expect(gateway.schema.state).toEqual({ version: 2, known: 2, migrating: undefined });
    });
  });

  test("the version of a newer schema is known", async () => {
    await postgres.query("CREATE TABLE schema_migrations AS SELECT 999 AS version, '' AS name", name);
    const gateway = new Gateway();
    await eventually(() => gateway.schema.state.version === 999);
  });
});

describe("migrate", () => {
  const FIRST: Migration = { version: 1, name: "first", sql: "CREATE TABLE facts (id int)" };
  const COLUMN: Migration = { version: 2, name: "column", sql: "ALTER TABLE facts ADD COLUMN name text" };

  let postgres: EmbeddedPostgres;
  let name = "";
  let count = 0;
  const clients: Client[] = [];

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start();
  });
  beforeEach(async () => {
    count += 1;
    name = `migrate_${count}`;
    await postgres.createDatabase(name);
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
  });
  afterAll(() => postgres.stop());

  async function connect(application = "test"): Promise<Client> {
    const client = new Client({ connectionString: postgres.url(name), application_name: application });
    client.on("error", () => {});
    await client.connect();
    clients.push(client);
    return client;
  }

  /** What an observer is told. */
  function observe() {
    const steps: string[] = [];
    const versions: number[] = [];
    const logger = { info: jest.fn(), warn: jest.fn() };
    const observer: MigrationObserver = {
      logger,
      onStep: (step) => void steps.push(step),
      onVersion: (version) => void versions.push(version),
    };
    return { observer, steps, versions, logger };
  }

  const versions = async () =>
    (await postgres.query<{ version: number }>("SELECT version FROM schema_migrations ORDER BY 1", name)).map(
      ({ version }) => version,
    );

  test("what a step leaves behind is whole when a later one fails, which is named and is not tried again at once", async () => {
    const client = await connect();
    const wrong: Migration = { version: 2, name: "wrong", sql: "CREATE TABLE half (); SELECT 1 / 0" };
    await expect(migrate(client, [FIRST, wrong])).rejects.toThrow(
      "step 0002 wrong of the database schema failed",
    );
    expect(await versions()).toEqual([1]);
    await expect(postgres.query("SELECT FROM half", name)).rejects.toThrow("does not exist");
    await expect(migrate(await connect(), [FIRST, COLUMN])).resolves.toEqual([2]);
  });

  test("who waits for another gateway does not hold a transaction open meanwhile, and is done when that one is", async () => {
    const [holder, waiter, looker] = [await connect(), await connect("waiter"), await connect()];
    await holder.query("SELECT pg_advisory_lock(7205314)");
    const { observer, steps, logger } = observe();
    const migrated = migrate(waiter, [FIRST], observer);
    await eventually(() => steps.length > 1);
    const open = "SELECT FROM pg_stat_activity WHERE application_name = 'waiter' AND state <> 'idle'";
    await eventually(async () => (await looker.query(open)).rowCount === 0);
    expect(logger.info).toHaveBeenCalledWith(
      "another gateway is migrating the database schema, waiting for it",
    );
    await migrate(holder, [FIRST]);
    await holder.query("SELECT pg_advisory_unlock_all()");
    await expect(migrated).resolves.toEqual([]);
  });

  test("a step does not stand in the way of others while a long reader keeps it from its lock, and is done after that", async () => {
    const [client, reader, writer] = [await connect(), await connect(), await connect()];
    await migrate(client, [FIRST]);
    await reader.query("BEGIN; SELECT FROM facts");
    const { observer, versions: seen } = observe();
    const migrated = migrate(client, [FIRST, COLUMN], observer);
    // Whoever writes gets through again and again: none of them waits until the reader ends.
    await writer.query("SET statement_timeout = 8000");
    for (let write = 0; write < 30; write += 1) await writer.query("INSERT INTO facts VALUES (1)");
    expect(seen).toEqual([1]);
    await reader.query("COMMIT");
    await expect(migrated).resolves.toEqual([2]);
    expect(seen).toEqual([1, 2]);
  });

  test("the lock that a step begins with is had for all partitions in time, or for none", async () => {
    const [client, reader] = [await connect(), await connect()];
    await migrate(client, [FIRST]);
    await reader.query("BEGIN; LOCK TABLE facts IN ROW EXCLUSIVE MODE");
    const trigger: Migration = { ...COLUMN, lock: "facts IN SHARE ROW EXCLUSIVE MODE" };
    const migrated = migrate(client, [FIRST, trigger]);
    const isBetween = "SELECT FROM pg_stat_activity WHERE state = 'idle' AND query = 'ROLLBACK'";
    await eventually(async () => (await postgres.query(isBetween, name)).length > 0);
    await reader.query("COMMIT");
    await expect(migrated).resolves.toEqual([2]);
  });

  test("a gateway that is killed in the middle leaves whole steps, and another one goes on", async () => {
    const victim = await connect("victim");
    const slow: Migration = { ...COLUMN, sql: `${COLUMN.sql}; SELECT pg_sleep(600)` };
    const killed = migrate(victim, [FIRST, slow]).catch((error: Error) => error);
    const sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    await eventually(async () => (await postgres.query(sleeping)).length > 0);
    await postgres.query(`SELECT pg_terminate_backend(pid) FROM (${sleeping}) AS s`);
    expect(await killed).toBeInstanceOf(Error);
    await expect(migrate(await connect(), [FIRST, COLUMN])).resolves.toEqual([2]);
  });

  test("a newer schema is refused, and nothing is locked to find out", async () => {
    const client = await connect();
    await migrate(client, [FIRST, COLUMN]);
    await (await connect()).query("SELECT pg_advisory_lock(7205314)");
    await expect(migrate(client, [FIRST])).rejects.toThrow(
      "the database schema has version 2, this gateway knows 1",
    );
  });

  test("the versions of all steps grow, and none comes twice", () => {
    const order = migrations.map(({ version }) => version);
    expect(order).toEqual([...new Set(order)].sort((a, b) => a - b));
  });
});
