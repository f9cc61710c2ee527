import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, statSync } from "node:fs";
import { UserError } from "../terminal/user-error";

/** How a program is started so that Postgres accepts who it runs as. */
export interface PostgresAccount {
  /** Owner of the database files; undefined: the user who runs Sluice. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** What to spawn in place of `program`. */
  readonly wrap: (program: string, args: readonly string[]) => Invocation;
}

/** Arguments for `spawn`. */
export interface Invocation {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly uid?: number; readonly gid?: number };
}

/** What `choosePostgresAccount` needs to know. */
export interface AccountNeeds {
  /** Folder of the database files; need not exist. */
  readonly dataDir: string;
  /** Folders of ours on the way to it, outermost first. */
  readonly parents: readonly string[];
  readonly initdb: string;
}

/** Accounts that may run Postgres for root, in order of preference. Every system has the last one. */
const SERVICE_USERS = ["postgres", "nobody"];

/**
 * Postgres refuses to run as root, so for root it runs as a service user. That user must be able to
 * enter the data folder and to run the programs. Our own folders are opened for its group; where the
 * checkout lies in a folder that is closed to others (/root, a folder of mktemp), it gets the one
 * capability that passes closed folders, through setpriv of util-linux.
 *
 * @throws UserError when neither is possible, or when the files belong to somebody else
 */
export function choosePostgresAccount(needs: AccountNeeds): PostgresAccount {
  const self = process.getuid?.();
  const fileOwner = existsSync(needs.dataDir) ? statSync(needs.dataDir) : undefined;
  if (self !== 0) {
    if (self !== undefined && fileOwner !== undefined && fileOwner.uid !== self) {
      throw new UserError(
        `the database files in ${needs.dataDir} belong to user ${fileOwner.uid}, and this is user ${self}`,
        "start as the user who started it before (root if it was sudo), or take other data: --data <folder>",
      );
    }
    return { wrap: (file, args) => ({ file, args, options: {} }) };
  }

  const owner = fileOwner !== undefined && fileOwner.uid !== 0 ? fileOwner : findServiceUser();
  if (owner === undefined) {
    throw new UserError(
      `Postgres does not run as root, and there is no user ${SERVICE_USERS.join(" or ")} to run it as`,
      "start as an ordinary user",
    );
  }
  const { uid, gid } = owner;
  for (const folder of needs.parents) openForGroup(folder, gid);
  const plain: PostgresAccount = {
    owner: { uid, gid },
    wrap: (file, args) => ({ file, args, options: { uid, gid } }),
  };
  const usable = [
    plain,
    ...["dac_read_search", "dac_override"].map((name) => withCapability(name, uid, gid)),
  ];
  const account = usable.find((candidate) => canRun(candidate, needs));
  if (account !== undefined) return account;
  throw new UserError(
    `Postgres does not run as root, and the user it would run as (${uid}) can enter ${needs.parents.at(-1)} or run ${needs.initdb} neither plainly nor with setpriv`,
    "start as an ordinary user, or move the checkout to a folder that other users may enter, such as /srv",
  );
}

function withCapability(name: string, uid: number, gid: number): PostgresAccount {
  const become = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  // Postgres looks for its own programs with access(2), which heeds no capability without that bit.
  const keep = [
    "--securebits=+no_setuid_fixup",
    `--inh-caps=-all,+${name}`,
    `--ambient-caps=-all,+${name}`,
    `--bounding-set=-all,+${name}`,
  ];
  return {
    owner: { uid, gid },
    wrap: (program, args) => ({
      file: "setpriv",
      args: [...become, ...keep, "--no-new-privs", "--", program, ...args],
      options: {},
    }),
  };
}

/** Tries it instead of reading modes: access lists, mount options and missing capabilities count as well. */
function canRun(account: PostgresAccount, { parents, initdb }: AccountNeeds): boolean {
  const folder = parents.at(-1) ?? "/";
  const script = 'cd "$1" && exec "$2" --show --pgdata="$1"';
  const { file, args, options } = account.wrap("/bin/sh", ["-c", script, "sh", folder, initdb]);
  return spawnSync(file, args, { ...options, stdio: "ignore", cwd: "/" }).status === 0;
}

/** Lets the group pass, but not look, into a folder that only root could enter. */
function openForGroup(folder: string, gid: number): void {
  const { uid, mode } = statSync(folder);
  if (uid !== 0 || (mode & 0o077 & ~0o010) !== 0) return;
  chownSync(folder, 0, gid);
  chmodSync(folder, 0o710);
}

function findServiceUser(): { uid: number; gid: number } | undefined {
  for (const name of SERVICE_USERS) {
    try {
      const id = (flag: string) =>
        Number(execFileSync("id", [flag, name], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such user: the next one.
    }
  }
  return undefined;
}
