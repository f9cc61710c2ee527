import { Client, type ClientBase } from "pg";
import { connectTo, type DatabaseAddress } from "./address";
import { IDLE_TRANSACTION_MS, KEEP_ALIVE_MS } from "./link";

/** How often the server looks whether the client of a long statement is still there. */
const CHECK_INTERVAL = "10s";

/** Settings of `createBackgroundClient`. */
export interface BackgroundClientSettings {
  readonly address: DatabaseAddress;
  /** As `pg_stat_activity` calls it. */
  readonly application: string;
  /** Longest statement, in milliseconds. @default - none; see `liftTimeLimits` */
  readonly queryTimeoutMs?: number | undefined;
}

/**
 * A connection for work that no request waits for, not yet open. A server that has gone without a word is found out by the system
 * within seconds; so is a client that stops in the middle of a transaction.
 */
export function createBackgroundClient(settings: BackgroundClientSettings): Client {
  const { address, application, queryTimeoutMs } = settings;
  const client = new Client({
    connectionTimeoutMillis: 5000,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    application_name: application,
    ...connectTo(address),
  });
  // Without a listener a lost connection would end the process; the statement that runs fails by itself.
  client.on("error", () => {});
  return client;
}

/**
 * Lets statements take hours, also where the role or the database has limits; the server ends them all the same soon after their client
 * has gone.
 */
export async function liftTimeLimits(client: ClientBase): Promise<void> {
  await client.query(
    `SELECT set_config(name, '0', false) FROM pg_settings
      WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_session_timeout', 'lock_timeout')`,
  );
  // Not every system of a server can tell.
  await client.query(`SET client_connection_check_interval = '${CHECK_INTERVAL}'`).catch(() => {});
}
