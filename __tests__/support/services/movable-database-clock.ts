import type { Client } from "pg";

/**
 * Has a connection see another time than the server's: `clock_timestamp()` of a schema of its own hides the built-in one.
 * @returns what sets the time
 */
export async function movableDatabaseClock(client: Client): Promise<(now: string) => Promise<void>> {
  await client.query(`
    CREATE SCHEMA moved;
    CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
      $$ SELECT current_setting('moved.now')::timestamptz $$`);
  return async (now) => {
    await client.query("SELECT set_config('search_path', 'moved, pg_catalog, public', false)");
    await client.query("SELECT set_config('moved.now', $1, false)", [now]);
  };
}
