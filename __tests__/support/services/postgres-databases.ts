import { type Database, openDatabase } from "../../../services/gateway/store/postgres/database";
import { createLogger } from "../../../services/shared/logger";
import { EmbeddedPostgres } from "./embedded-postgres";
import { eventually } from "./eventually";

const logger = createLogger({ name: "test", level: "silent" });

/** Gateways' databases on the Postgres of one test file. */
export interface PostgresDatabases {
  readonly postgres: EmbeddedPostgres;
  /** Another gateway's view of a database, ready to be used; closed after the test. */
  open(name: string): Promise<Database>;
  /** A new database with the schema. */
  openNew(): Promise<{ readonly database: Database; readonly name: string }>;
}

/** Starts a Postgres before the tests of a file, and stops it after them. */
export function usePostgres(): PostgresDatabases {
  let postgres: EmbeddedPostgres | undefined;
  let opened: Database[] = [];
  let count = 0;
  const started = (): EmbeddedPostgres => {
    if (postgres === undefined) throw new Error("Postgres runs in tests and hooks only");
    return postgres;
  };

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start();
  });
  afterEach(async () => {
    await Promise.all(opened.map((database) => database.close(1000)));
    opened = [];
  });
  afterAll(() => postgres?.stop());

  const open = async (name: string): Promise<Database> => {
    const database = openDatabase({ address: { connectionString: started().url(name) }, logger });
    opened.push(database);
    await eventually(() => database.keys.isReady && database.audit.isAccepting);
    return database;
  };
  return {
    get postgres() {
      return started();
    },
    open,
    async openNew() {
      count += 1;
      const name = `database_${count}`;
      await started().createDatabaseWithSchema(name);
      return { database: await open(name), name };
    },
  };
}
