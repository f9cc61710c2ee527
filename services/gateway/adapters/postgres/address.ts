import type { Client, ClientConfig } from "pg";
import { parseIntoClientConfig } from "pg-connection-string";
import type { DatabasePassword } from "./database-password";

/** Where the database is, and how to log in. */
export interface DatabaseAddress {
  readonly connectionString: string;
  /** Asked anew for every connection, for a connection string without a password. @default - the one in the connection string */
  readonly password?: DatabasePassword | undefined;
}

/** @param password used unless the connection string has one of its own */
export function addressWithPassword(
  connectionString: string,
  password: DatabasePassword | undefined,
): DatabaseAddress {
  const isComplete = password === undefined || Boolean(parseIntoClientConfig(connectionString).password);
  return isComplete ? { connectionString } : { connectionString, password };
}

/** The part of a connection's settings that says where it leads; goes after all others, as what stands in a connection string does. */
export function connectTo({ connectionString, password }: DatabaseAddress): ClientConfig {
  // Beside a connection string the driver takes no password, not even for one without.
  return password === undefined
    ? { connectionString }
    : { ...parseIntoClientConfig(connectionString), password: () => password.current };
}

/** Opens a connection that was made with `connectTo`. Who tries again after a refused password tries the other one, while there are two. */
export async function openClient(client: Client, { password }: DatabaseAddress): Promise<void> {
  const used = password?.current;
  try {
    await client.connect();
  } catch (error) {
    if (used !== undefined) password?.failed(error, used);
    throw error;
  }
  tellTaken(client, password);
}

/** Tells a password that a new connection was opened with it. */
export function tellTaken(client: object, password: DatabasePassword | undefined): void {
  // As the driver keeps it; still the function when the server did not ask.
  const used = (client as { readonly password?: unknown }).password;
  if (typeof used === "string") password?.took(used);
}
