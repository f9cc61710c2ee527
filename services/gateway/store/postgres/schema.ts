import { setTimeout as wait } from "node:timers/promises";
import type { Client, ClientBase } from "pg";
import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import { type DatabaseAddress, openClient } from "../../../shared/postgres-connection";
import type { SchemaState, SchemaWork } from "../database-state";
import { BackendWatch, createBackgroundClient, liftTimeLimits } from "./background";
import { type LinkUser, UnusableDatabaseError } from "./link";
import { takeLock, tryLock, unlock, untilHad } from "./locks";
import { migrations as allMigrations } from "./migrations";
import type { Migration } from "./migrations/migration";
import { declareIndex } from "./online-indexes";

/** Settings of `Schema`. */
interface SchemaSettings {
  readonly address: DatabaseAddress;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** @default - all */
  readonly migrations?: readonly Migration[];
  /** Between two words about a step that takes long. @default 10000 ms */
  readonly tellMs?: number;
}

/**
 * Brings the schema up to date before the link counts as connected: on a connection of its own, which has all the time it needs. The link
 * may be lost and come back meanwhile; the work continues.
 */
export class Schema implements LinkUser {
  readonly #settings: Required<SchemaSettings>;
  #version: number | undefined;
  #migrating: SchemaWork | undefined;
  #client: Client | undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(settings: SchemaSettings) {
    this.#settings = { migrations: allMigrations, tellMs: 10_000, ...settings };
  }

  get state(): Omit<SchemaState, "building"> {
    const known = this.#settings.migrations.at(-1)?.version ?? 0;
    return { version: this.#version, known, migrating: this.#migrating };
  }

  /** @throws SchemaTooNewError, MigrationFailedError, RestoreRunningError */
  async onConnect(client: ClientBase): Promise<void> {
    try {
      const { version, missing } = await lookAtSchema(client, this.#settings.migrations);
      this.#version = version;
      if (missing.length === 0) return;
      if (version === 0) await refuseDuringRestore(client);
      this.#running ??= this.#migrate().finally(() => {
        this.#running = undefined;
      });
      await this.#running;
    } catch (error) {
      if (error instanceof SchemaTooNewError) this.#version = error.found;
      throw error;
    }
  }

  /** Ends at once, in the middle of a step if need be: nothing of it is there then. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#client?.end().catch(() => {});
  }

  async #migrate(): Promise<void> {
    const { address, logger, migrations, tellMs } = this.#settings;
    if (this.#isStopped) throw new Error("the gateway ends");
    const client = createBackgroundClient({ address, application: "gateway-migration" });
    this.#client = client;
    let watch: BackendWatch | undefined;
    try {
      await openClient(client, address);
      await liftTimeLimits(client);
      watch = await BackendWatch.start(client, {
        address,
        work: () => this.#migrating,
        logger,
        message: "still migrating the database schema",
        intervalMs: tellMs,
      });
      const versions = await migrate(client, migrations, {
        logger,
        onStep: (step) => {
          if (this.#migrating?.step !== step) this.#migrating = { step, since: new Date() };
        },
        onVersion: (version) => {
          this.#version = version;
        },
      });
      if (versions.length > 0) logger.info({ versions }, "database schema migrated");
    } finally {
      watch?.stop();
      this.#migrating = undefined;
      this.#client = undefined;
      await client.end().catch(() => {});
    }
  }
}

/** Between two looks whether the one that migrates is done, in milliseconds. */
const TURN_MS = 500;
/** That another gateway is at it is told again after as long, in milliseconds. */
const TELL_MS = 10_000;

/** The database was migrated by a newer version of the gateway, whose schema this one does not know. */
class SchemaTooNewError extends UnusableDatabaseError {
  override readonly name = "SchemaTooNewError";

  constructor(
    readonly found: number,
    readonly known: number,
  ) {
    super(
      `the database schema has version ${found}, this gateway knows ${known}; run the newer gateway, or restore a dump from before the upgrade`,
    );
  }
}

/** The tables are gone because they are about to be made by somebody else, who must not find ours in their place. */
class RestoreRunningError extends UnusableDatabaseError {
  override readonly name = "RestoreRunningError";

  constructor() {
    super("pg_restore is at work in it, and the schema is not there yet");
  }
}

/** @throws RestoreRunningError */
async function refuseDuringRestore(client: ClientBase): Promise<void> {
  const { rows } = await client.query(
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pg_restore'",
  );
  if (rows.length > 0) throw new RestoreRunningError();
}

/** A step that the database refuses: it would again. */
class MigrationFailedError extends UnusableDatabaseError {
  override readonly name = "MigrationFailedError";

  constructor(step: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`step ${step} of the database schema failed and was rolled back: ${why}`, { cause });
  }
}

/** What somebody who waits wants to know. */
export interface MigrationObserver {
  readonly logger: Pick<Logger, "info" | "warn">;
  /** Before every step. */
  onStep(step: string): void;
  /** After every step, and first of all. */
  onVersion(version: number): void;
}

/** What a database has of the schema, and lacks. */
interface SchemaLook {
  /** The newest step that was done; 0 for an empty database. */
  readonly version: number;
  readonly missing: readonly Migration[];
}

/** A step, for people. */
const nameStep = ({ version, name }: Migration): string => `${String(version).padStart(4, "0")} ${name}`;

/** Reads, and changes nothing. @throws SchemaTooNewError */
async function lookAtSchema(
  client: ClientBase,
  migrations: readonly Migration[] = allMigrations,
): Promise<SchemaLook> {
  const table = await client.query<{ exists: boolean }>(
    "SELECT to_regclass('schema_migrations') IS NOT NULL AS exists",
  );
  const { rows } = table.rows[0]?.exists
    ? await client.query<{ version: number }>("SELECT version FROM schema_migrations")
    : { rows: [] };
  const applied = new Set(rows.map((row) => row.version));
  const version = Math.max(0, ...applied);
  const known = migrations.at(-1)?.version ?? 0;
  if (version > known) throw new SchemaTooNewError(version, known);
  return { version, missing: migrations.filter((migration) => !applied.has(migration.version)) };
}

/**
 * Brings the schema up to date, one step in one transaction after the other: who is killed, or fails, leaves whole steps behind. Waits as
 * long as it takes: for another gateway that is at it, and for locks, see `Migration`. The connection must not limit how long a
 * statement takes.
 * @returns the versions that were applied; empty when there was nothing to do
 * @throws SchemaTooNewError, MigrationFailedError, or the error of a connection that is lost
 */
export async function migrate(
  client: ClientBase,
  migrations: readonly Migration[] = allMigrations,
  observer?: MigrationObserver,
): Promise<number[]> {
  if ((await lookAtSchema(client, migrations)).missing.length === 0) return [];
  await takeTurn(client, observer);
  try {
    await client.query(`
      CREATE TABLE IF NOT EXISTS schema_migrations (
        version    integer PRIMARY KEY,
        name       text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`);
    const { version, missing } = await lookAtSchema(client, migrations);
    observer?.onVersion(version);
    for (const [index, migration] of missing.entries()) {
      const step = nameStep(migration);
      observer?.onStep(step);
      observer?.logger.info({ step, number: index + 1, of: missing.length }, "migrating the database schema");
      await apply(client, migration, observer);
      observer?.onVersion(Math.max(version, migration.version));
    }
    return missing.map((migration) => migration.version);
  } finally {
    await unlock(client, "migration");
  }
}

/** Asks again and again: a statement that waits would be a transaction that is open, for which indexes that are built online wait in turn. */
async function takeTurn(client: ClientBase, observer: MigrationObserver | undefined): Promise<void> {
  let toldAt = Number.NEGATIVE_INFINITY;
  while (!(await tryLock(client, "migration"))) {
    if (monotonicClock.now() - toldAt >= TELL_MS) {
      toldAt = monotonicClock.now();
      observer?.logger.info("another gateway is migrating the database schema, waiting for it");
    }
    observer?.onStep("waiting for another gateway that migrates");
    await wait(TURN_MS * (0.5 + Math.random() / 2), undefined, { ref: false });
  }
}

async function apply(client: ClientBase, migration: Migration, observer: MigrationObserver | undefined) {
  const { version, name, sql, lock, indexes = [] } = migration;
  const subject = nameStep(migration);
  const told = observer === undefined ? undefined : { logger: observer.logger, subject };
  const step = async () => {
    if (lock !== undefined) await takeLock(client, lock);
    await client.query(sql);
    for (const index of indexes) await declareIndex(client, index);
    await client.query("INSERT INTO schema_migrations (version, name) VALUES ($1, $2)", [version, name]);
  };
  await untilHad(client, step, told).catch((error: unknown) => {
    throw isRefusal(error) ? new MigrationFailedError(subject, error) : error;
  });
}

/** Whether the server says that the statements are wrong, or may not be run; not that it goes, or lacks something at present. */
function isRefusal(error: unknown): boolean {
  const { severity, code } = (error ?? {}) as { severity?: unknown; code?: unknown };
  return severity === "ERROR" && typeof code === "string" && !/^(08|53|57|58)/.test(code);
}
