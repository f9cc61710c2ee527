import { setTimeout as wait } from "node:timers/promises";
import type { Client, Pool, PoolClient } from "pg";
import type { Logger } from "pino";
import { type DatabaseAddress, openPool } from "../../shared/postgres-connection";
import { unavailable } from "../errors";
import { MIGRATIONS } from "./migrations";
import { Turns } from "./turns";

/** As many as the role may have, with room for a successor that starts while this one ends (`constructs/services/key-provisioner.ts`). */
const CONNECTIONS = 8;
const CONNECT_MS = 4000;
/** Longest time of one statement, waiting for a lock included, in milliseconds. */
const STATEMENT_MS = 15_000;
const MAX_PAUSE_MS = 10_000;
/** Of the advisory lock under which the schema is changed. */
const MIGRATION_LOCK = 8_100_001;

/** Where statements run. */
export type Queryable = Pick<Client, "query">;

/** The key-provisioner's own database: schema, connections, locks. It may be away at any time; whoever needs it then is told so. */
export class Database {
  readonly #pool: Pool;
  readonly #turns = new Turns();
  readonly #logger: Pick<Logger, "info" | "warn" | "error">;
  #isReady = false;
  #isClosed = false;
  #fault = "not connected yet";

  constructor(address: DatabaseAddress, logger: Pick<Logger, "info" | "warn" | "error">) {
    this.#logger = logger;
    this.#pool = openPool({
      address,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      application_name: "key-provisioner",
    });
  }

  /** Brings the schema up to date as soon as the server is there; tries until it works or the database is closed. */
  async start(): Promise<void> {
    for (let pauseMs = 200; !this.#isClosed; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
      try {
        const versions = await this.#migrate();
        if (versions.length > 0) this.#logger.info({ versions }, "database schema migrated");
        this.#isReady = true;
        return;
      } catch (error) {
        if ((error as Error).message !== this.#fault)
          this.#logger.warn({ err: error }, "database cannot be used yet");
        this.#fault = (error as Error).message;
      }
      await wait(pauseMs * (0.75 + Math.random() / 2), undefined, { ref: false });
    }
  }

  /** Whether it answers, has the schema and takes changes: one that is read-only, such as a standby, gives nobody a key. */
  async isUsable(): Promise<boolean> {
    if (!this.#isReady) return false;
    return this.#pool.query("SELECT current_setting('transaction_read_only') = 'off' AS \"isWritable\"").then(
      ({ rows }) => rows[0]?.isWritable === true,
      () => false,
    );
  }

  /** Runs statements on a connection, each by itself. @throws ProvisionerError 503 */
  async use<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result> {
    const client = await this.#connect();
    return this.#run(client, () => work(client));
  }

  /**
   * One at a time for each name, over all processes on this database. Statements of `work` are committed one by one, so that what was written
   * before a call elsewhere is there after a crash in the middle of it.
   * @throws ProvisionerError 503; 429 when too many wait for the name
   */
  locked<Result>(name: string, work: (connection: Queryable) => Promise<Result>): Promise<Result> {
    return this.#turns.take(name, async () => {
      const client = await this.#connect();
      return this.#run(client, async () => {
        await client.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [name]);
        const result = await work(client);
        await client.query("SELECT pg_advisory_unlock(hashtextextended($1, 0))", [name]);
        return result;
      });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool.end();
  }

  async #connect(): Promise<PoolClient> {
    if (!this.#isReady)
      throw unavailable("database_unavailable", "The key-provisioner's database cannot be used yet.");
    return this.#pool.connect().catch((error: unknown) => {
      throw databaseLost(error);
    });
  }

  async #run<Result>(client: PoolClient, work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      client.release();
      return result;
    } catch (error) {
      // The connection goes with its locks and whatever is half done on it.
      client.release(true);
      throw isDatabaseError(error) ? databaseLost(error) : error;
    }
  }

  async #migrate(): Promise<number[]> {
    const client = await this.#pool.connect();
    try {
      await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
      await client.query(`
        CREATE TABLE IF NOT EXISTS schema_migrations (
          version    integer PRIMARY KEY,
          name       text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now()
        )`);
      const { rows } = await client.query<{ version: number }>("SELECT version FROM schema_migrations");
      const applied = new Set(rows.map(({ version }) => version));
      const known = MIGRATIONS.at(-1)?.version ?? 0;
      const newest = Math.max(0, ...applied);
      if (newest > known)
        throw new Error(
          `the schema has version ${newest}, this key-provisioner knows ${known}; run the newer one, or restore a dump from before the upgrade`,
        );
      const missing = MIGRATIONS.filter(({ version }) => !applied.has(version));
      for (const { version, name, sql } of missing)
        await inTransaction(client, async () => {
          await client.query(sql);
          await client.query("INSERT INTO schema_migrations (version, name) VALUES ($1, $2)", [
            version,
            name,
          ]);
        });
      await client.query("SELECT pg_advisory_unlock($1)", [MIGRATION_LOCK]);
      client.release();
      return missing.map(({ version }) => version);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

/** Runs `work` in a transaction on a connection that is held. */
export async function inTransaction<Result>(
  client: Queryable,
  work: (connection: Queryable) => Promise<Result>,
): Promise<Result> {
  await client.query("BEGIN");
  try {
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** Errors of the driver and the server have a code, or say that the connection is gone. */
function isDatabaseError(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return (
    (typeof code === "string" && /^([0-9A-Z]{5}|E[A-Z]+)$/.test(code)) ||
    /connection terminated|timeout exceeded|not queryable|client has encountered/i.test(String(message))
  );
}

function databaseLost(cause: unknown) {
  return unavailable(
    "database_unavailable",
    "The key-provisioner's database cannot be used at present.",
    cause,
  );
}
