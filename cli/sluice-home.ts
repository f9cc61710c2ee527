import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { PLATFORM_STACK } from "../constructs/stack-id";
import { UserError } from "./terminal/user-error";

/** Root of the project. */
export const PROJECT_ROOT = resolve(__dirname, "..");

/** Folder of secrets, state and local data: `.sluice` in the project, or SLUICE_HOME. Git ignores it. */
export function sluiceHome(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(PROJECT_ROOT, env["SLUICE_HOME"] || ".sluice");
}

/** The folder of Terraform's state in a home. */
export function stateFolder(home: string): string {
  return join(home, "state");
}

/** The file of Terraform's state of a stack in a home. */
export function stateFile(home: string, stack: string = PLATFORM_STACK): string {
  return join(stateFolder(home), `${stack}.tfstate`);
}

/**
 * Looks whether a home can be used, and is nobody else's: who owns it, or a file in it, reads and replaces the secrets that are put there.
 * What root owns is accepted, as root may do that anyway. One that is not there yet is fine.
 * @param user who runs this; undefined where users have no numbers
 * @throws UserError
 */
export function checkHome(home: string, user: number | undefined = process.getuid?.()): void {
  const name = process.env["SLUICE_HOME"] ? "SLUICE_HOME, or leave it out" : "another one with SLUICE_HOME";
  let found: Stats | undefined;
  try {
    found = statSync(home, { throwIfNoEntry: false });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === "ENOTDIR" ? "there is a file where a folder should be (ENOTDIR)" : code;
    throw new UserError(
      `the home ${home} cannot be read: ${reason}`,
      `every folder above it must be one that your user may enter; name another with ${name}`,
    );
  }
  if (found === undefined) return;
  if (!found.isDirectory())
    throw new UserError(`the home ${home} is not a folder`, `name a folder with ${name}`);
  if (user === undefined) return;
  for (const [path, owner] of [[home, found.uid] as const, ...ownersIn(home)]) {
    if (owner === user || owner === 0) continue;
    throw new UserError(
      `${path} belongs to user ${owner}, and this is user ${user}: secrets in it would be that user's to read and replace`,
      `run it as that user, or name a home of your own with ${name}; if it is yours: chown -R ${user} ${home}`,
    );
  }
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    throw new UserError(
      `the home ${home} belongs to user ${found.uid}, and user ${user} may not write there`,
      `run it as that user, or name a home of your own with ${name}; if it is yours: chown -R ${user} ${home}`,
    );
  }
}

/** Of what is in a home and in the folders that hold secrets. A local platform's data is not among it: it may belong to a service's user. */
function ownersIn(home: string): (readonly [string, number])[] {
  return [home, stateFolder(home), join(home, "deployed")].flatMap((folder) => {
    let names: string[];
    try {
      names = readdirSync(folder);
    } catch {
      // Not there; or closed to us, which is told of the home itself.
      return [];
    }
    return names.flatMap((name) => {
      const path = join(folder, name);
      // It may go at any moment, such as the plan of another process.
      const uid = lstatSync(path, { throwIfNoEntry: false })?.uid;
      return uid === undefined ? [] : [[path, uid] as const];
    });
  });
}

/**
 * Makes a home that nobody else can look into and git ignores, wherever it lies. One that is there is closed to others.
 * @throws Error of node:fs when it cannot be made
 */
export function openHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  closeToOthers(home);
  const ignore = join(home, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n", { mode: 0o600 });
}

/** Makes the folder of the state, and closes what is in it to others: the Terraform of the CDKTF CLI does not. */
export function openState(home: string): void {
  openHome(home);
  const folder = stateFolder(home);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o600);
}

/** A group that may only pass stays: so does the database of a local platform that root runs (`postgres-account.ts`), maybe right now. */
export function closeToOthers(folder: string): void {
  if ((statSync(folder).mode & 0o077) !== 0o010) chmodSync(folder, 0o700);
}
