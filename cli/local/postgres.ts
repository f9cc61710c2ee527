import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { UserError } from "../terminal/user-error";
import { Child } from "./child-process";
import { LOOPBACK } from "./port";
import type { PostgresAccount } from "./postgres-account";
import type { PostgresBinaries } from "./postgres-binaries";

const SUPERUSER = "postgres";

/** Version of the embedded Postgres; its files can only be opened by the same one. */
const MAJOR_VERSION = "18";

/** The local database server. */
export interface PostgresProps {
  readonly binaries: PostgresBinaries;
  readonly account: PostgresAccount;
  readonly dataDir: string;
  readonly port: number;
  readonly superuserPassword: string;
  readonly logs: string;
}

/** Has the database been made already? @throws UserError when by another version */
export function isInitialised(dataDir: string): boolean {
  const versionFile = join(dataDir, "PG_VERSION");
  if (!existsSync(versionFile)) return false;
  const version = readFileSync(versionFile, "utf8").trim();
  if (version === MAJOR_VERSION) return true;
  throw new UserError(
    `the database in ${dataDir} was made by Postgres ${version}, and this is Postgres ${MAJOR_VERSION}`,
    `move the folder away to start afresh, or export it with the pg_dump of Postgres ${version} first`,
  );
}

/** Makes the database files. They get their final name last, so a run that is cut short leaves nothing half-made. */
export async function initialise(props: PostgresProps): Promise<void> {
  const { account, binaries, dataDir, superuserPassword } = props;
  const draft = `${dataDir}.new`;
  const passwordFile = join(draft, "..", "postgres.new.password");
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, superuserPassword, { mode: 0o600 });
  if (account.owner !== undefined) {
    for (const path of [draft, passwordFile]) chownSync(path, account.owner.uid, account.owner.gid);
  }
  const { file, args, options } = account.wrap(binaries.initdb, [
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // Sorts the same on every machine, whatever locales it has.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
  ]);
  try {
    await promisify(execFile)(file, [...args], { ...options, cwd: dirname(dataDir), env: environment() });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new UserError(
      `the database could not be made: ${(stderr || message).trim()}`,
      "if the programs cannot run at all, this system has no glibc (Alpine): use one that has, or npm run deploy",
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, dataDir);
}

/** Starts the server; `ready()` says when it answers. */
export function startPostgres(props: PostgresProps): Child {
  const { account, binaries, dataDir, port, logs } = props;
  const { file, args, options } = account.wrap(binaries.postgres, [
    "-D",
    dataDir,
    "-p",
    String(port),
    "-c",
    `listen_addresses=${LOOPBACK}`,
    "-c",
    // Loopback alone: a socket file would need a folder that both users can reach.
    "unix_socket_directories=",
  ]);
  return new Child({
    name: "postgres",
    file,
    args,
    ...options,
    env: environment(),
    cwd: dirname(dataDir),
    logs,
    // Postgres writes its state into the last line of this file.
    isReady: async () => /\nready\s*$/.test(readOrEmpty(join(dataDir, "postmaster.pid"))),
    // Fast shutdown, then immediate shutdown, which the next start recovers from.
    stopSignals: [
      ["SIGINT", 15_000],
      ["SIGQUIT", 5000],
    ],
  });
}

/** A connection of the superuser. */
export function superuserClient(
  { port, superuserPassword }: PostgresProps,
  database: string = SUPERUSER,
): Client {
  return new Client({ host: LOOPBACK, port, user: SUPERUSER, password: superuserPassword, database });
}

/** No key or password of ours goes to the server. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" };
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
