import type { ClientBase } from "pg";
import { migrations as allMigrations } from "./migrations";
import type { Migration } from "./migrations/migration";

/** Any number, the same in every replica: only one of them migrates at a time. */
const MIGRATION_LOCK = 7_205_314;

/** The database was migrated by a newer version of the gateway, whose schema this one does not know. */
export class SchemaTooNewError extends Error {
  override readonly name = "SchemaTooNewError";

  constructor(
    readonly found: number,
    known: number,
  ) {
    super(
      `the database schema has version ${found}, this gateway knows ${known}; start the newer gateway again`,
    );
  }
}

/** Version of the newest migration of this program. */
export const KNOWN_VERSION = allMigrations.at(-1)?.version ?? 0;

/**
 * Brings the schema up to date: all missing steps in one transaction, so a failure leaves nothing behind.
 * @returns the versions that were applied; empty when there was nothing to do
 * @throws SchemaTooNewError
 */
export async function migrate(
  client: ClientBase,
  migrations: readonly Migration[] = allMigrations,
): Promise<number[]> {
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    await client.query(`
      CREATE TABLE IF NOT EXISTS schema_migrations (
        version    integer PRIMARY KEY,
        name       text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`);
    const { rows } = await client.query<{ version: number }>("SELECT version FROM schema_migrations");
    const applied = new Set(rows.map((row) => row.version));
    const newest = Math.max(0, ...applied);
    const known = migrations.at(-1)?.version ?? 0;
    if (newest > known) throw new SchemaTooNewError(newest, known);
    const missing = migrations.filter((migration) => !applied.has(migration.version));
    for (const { version, name, sql } of missing) {
      await client.query(sql);
      await client.query("INSERT INTO schema_migrations (version, name) VALUES ($1, $2)", [version, name]);
    }
    await client.query("COMMIT");
    return missing.map((migration) => migration.version);
  } catch (error) {
    // The connection may be what failed; then the server rolls back by itself.
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
