import type { Client } from "pg";
import { LOOPBACK } from "./port";

/** A service's own role and database, which have one name. */
export interface ServiceDatabase {
  readonly name: string;
  readonly password: string;
}

/** Most connections of one role at a time. */
const CONNECTION_LIMIT = 30;

/**
 * Gives each service a role and a database that no other role can enter, as the deployed platform
 * does. Can be repeated; the passwords given are in force afterwards.
 * @param connect opens the superuser's connection to a database
 */
export async function ensureDatabases(
  connect: (database?: string) => Client,
  databases: readonly ServiceDatabase[],
): Promise<void> {
  await withClient(connect(), async (client) => {
    // The server must not write a statement with a password into its log, whatever happens.
    await client.query("SET log_min_error_statement = panic");
    await client.query("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC");
    for (const { name, password } of databases) {
      const id = client.escapeIdentifier(name);
      const role = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [name]);
      if (role.rowCount === 0) await client.query(`CREATE ROLE ${id}`);
      await client.query(
        `ALTER ROLE ${id} WITH LOGIN CONNECTION LIMIT ${CONNECTION_LIMIT} PASSWORD ${client.escapeLiteral(password)}`,
      );
      const database = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
      if (database.rowCount === 0) await client.query(`CREATE DATABASE ${id} OWNER ${id}`);
      await client.query(`REVOKE ALL ON DATABASE ${id} FROM PUBLIC`);
    }
  });
}

/** Connection string of a service's database. */
export function databaseUrl({ name, password }: ServiceDatabase, port: number): string {
  return `postgres://${name}:${encodeURIComponent(password)}@${LOOPBACK}:${port}/${name}`;
}

async function withClient<T>(client: Client, use: (client: Client) => Promise<T>): Promise<T> {
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
