import { readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { stackFolder } from "../stack-folder";
import { secretFile } from "./secret-store";

/** Name of the link to secrets, less its ending. */
const SECRETS = "secrets";

/** Puts a link to the home's secrets into the stack's folder, which Terraform reads by its name, run by whom it may. */
export function linkSecrets(outdir: string, home: string): void {
  linkVariables(stackFolder(outdir), secretFile(home));
}

/** The same of any file of variables, for any stack. @param name of the link, less its ending */
export function linkVariables(folder: string, file: string, name = SECRETS): void {
  const target = relative(folder, file);
  if (targetOf(link(folder, name)) === target) return;
  unlinkVariables(folder, name);
  symlinkSync(target, link(folder, name));
}

/** Takes the link away; the secrets stay. */
export function unlinkSecrets(outdir: string): void {
  unlinkVariables(stackFolder(outdir), SECRETS);
}

/** Takes the link of that name away; the file stays. */
export function unlinkVariables(folder: string, name: string): void {
  rmSync(link(folder, name), { force: true });
}

/** Names of the variables that the synthesized stack declares. Terraform warns of any other one in a file that is linked. */
export function declaredVariables(outdir: string, name?: string): Set<string> {
  const stack = JSON.parse(readFileSync(join(stackFolder(outdir, name), "cdk.tf.json"), "utf8")) as {
    readonly variable?: Readonly<Record<string, unknown>>;
  };
  return new Set(Object.keys(stack.variable ?? {}));
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function link(folder: string, name: string): string {
  return join(folder, `${name}.auto.tfvars.json`);
}
