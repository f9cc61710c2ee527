import type { ClientConfig } from "pg";
import { parseIntoClientConfig } from "pg-connection-string";

/** Where the database is, and how to log in. */
export interface DatabaseAddress {
  readonly connectionString: string;
  /** Asked anew for every connection, for a connection string without a password. @default - the one in the connection string */
  readonly password?: (() => string) | undefined;
}

/** @param password used unless the connection string has one of its own */
export function addressWithPassword(
  connectionString: string,
  password: (() => string) | undefined,
): DatabaseAddress {
  const isComplete = password === undefined || Boolean(parseIntoClientConfig(connectionString).password);
  return isComplete ? { connectionString } : { connectionString, password };
}

/** The part of a connection's settings that says where it leads; goes after all others, as what stands in a connection string does. */
export function connectTo({ connectionString, password }: DatabaseAddress): ClientConfig {
  // Beside a connection string the driver takes no password, not even for one without.
  return password === undefined
    ? { connectionString }
    : { ...parseIntoClientConfig(connectionString), password };
}
