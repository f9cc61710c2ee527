import { SECRETS_DIRECTORY } from "./files-directory";

/** A service's own database: role, database and schema owner have one name. */
export interface DatabaseGrant {
  /** Name of the role and of the database: lower-case letters, digits and underscores. */
  readonly name: string;
  /** Name of the delivered secret with the role's password. */
  readonly passwordFile: string;
  /** Most connections of the role at a time. */
  readonly connectionLimit: number;
}

const IDENTIFIER = /^[a-z][a-z0-9_]{0,62}$/;

/** Name of the delivered secret with the superuser's password. */
export const SUPERUSER_PASSWORD_FILE = "POSTGRES_PASSWORD";

/**
 * psql script that gives each service a role and a database of its own and takes away everybody
 * else's access. It can run any number of times, and a changed password is taken over, the superuser's as well.
 * The server itself reads the passwords from the files that are delivered to it: they are in no environment, argument or log.
 *
 * @throws Error when a name is not a plain identifier.
 */
export function postgresRolesScript(grants: readonly DatabaseGrant[]): string {
  return [
    "\\set ON_ERROR_STOP on",
    "\\set QUIET on",
    "\\set VERBOSITY terse",
    "-- The server must not write a statement with a password into its log, whatever happens.",
    "SET log_min_error_statement = panic;",
    "SET log_statement = none;",
    "SET password_encryption = 'scram-sha-256';",
    `SELECT format('ALTER ROLE postgres PASSWORD %L', ${contentOf(SUPERUSER_PASSWORD_FILE)}) \\gexec`,
    "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;",
    "REVOKE CONNECT ON DATABASE template1 FROM PUBLIC;",
    ...grants.map(grantBlock),
    "\\echo roles and databases are in place",
    "",
  ].join("\n");
}

function grantBlock({ name, passwordFile, connectionLimit }: DatabaseGrant): string {
  if (!IDENTIFIER.test(name)) throw new Error(`database name must match ${IDENTIFIER}, got "${name}"`);
  return `
SELECT 'CREATE ROLE ${name}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') \\gexec
SELECT format('ALTER ROLE ${name} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT ${connectionLimit} PASSWORD %L', ${contentOf(passwordFile)}) \\gexec
SELECT 'CREATE DATABASE ${name} OWNER ${name}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${name}') \\gexec
REVOKE ALL ON DATABASE ${name} FROM PUBLIC;
\\connect ${name}
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO ${name};
\\connect postgres
SET log_min_error_statement = panic;
SET log_statement = none;`;
}

/** SQL for a delivered secret, without the line break at its end. */
function contentOf(file: string): string {
  return `rtrim(pg_read_file('${SECRETS_DIRECTORY}/${file}'), E'\\n')`;
}
