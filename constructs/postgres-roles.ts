/** A service's own database: role, database and schema owner have one name. */
export interface DatabaseGrant {
  /** Name of the role and of the database: lower-case letters, digits and underscores. */
  readonly name: string;
  /** Environment variable with the role's password. */
  readonly passwordEnv: string;
  /** Most connections of the role at a time. */
  readonly connectionLimit: number;
}

const IDENTIFIER = /^[a-z][a-z0-9_]{0,62}$/;

/** Environment variable with the superuser's password. */
export const SUPERUSER_PASSWORD_ENV = "POSTGRES_PASSWORD";

/**
 * psql script that gives each service a role and a database of its own and takes away everybody
 * else's access. It can run any number of times, and a changed password is taken over, the superuser's as well.
 * Passwords come from the environment (`\getenv`, psql 14): they are in no file, argument or log.
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
    `\\getenv password ${SUPERUSER_PASSWORD_ENV}`,
    "SELECT format('ALTER ROLE postgres PASSWORD %L', :'password') \\gexec",
    "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;",
    "REVOKE CONNECT ON DATABASE template1 FROM PUBLIC;",
    ...grants.map(grantBlock),
    "\\echo roles and databases are in place",
    "",
  ].join("\n");
}

function grantBlock({ name, passwordEnv, connectionLimit }: DatabaseGrant): string {
  if (!IDENTIFIER.test(name)) throw new Error(`database name must match ${IDENTIFIER}, got "${name}"`);
  return `
\\getenv password ${passwordEnv}
SELECT 'CREATE ROLE ${name}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') \\gexec
SELECT format('ALTER ROLE ${name} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT ${connectionLimit} PASSWORD %L', :'password') \\gexec
SELECT 'CREATE DATABASE ${name} OWNER ${name}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${name}') \\gexec
REVOKE ALL ON DATABASE ${name} FROM PUBLIC;
\\connect ${name}
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO ${name};
\\connect postgres
SET log_min_error_statement = panic;
SET log_statement = none;`;
}
