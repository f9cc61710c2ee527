import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PLATFORM_STACK } from "../constructs/stack-id";

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

/** The file of Terraform's state in a home. */
export function stateFile(home: string): string {
  return join(stateFolder(home), `${PLATFORM_STACK}.tfstate`);
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
