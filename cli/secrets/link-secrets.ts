import { readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { stackFolder } from "../stack-folder";
import { secretFile } from "./secret-store";

/** Puts a link to the home's secrets into the stack's folder, which Terraform reads by its name, run by whom it may. */
export function linkSecrets(outdir: string, home: string): void {
  linkVariables(stackFolder(outdir), secretFile(home));
}

/** The same of any file of variables, for any stack. */
export function linkVariables(folder: string, file: string): void {
  const target = relative(folder, file);
  if (targetOf(link(folder)) === target) return;
  rmSync(link(folder), { force: true });
  symlinkSync(target, link(folder));
}

/** Takes the link away; the secrets stay. */
export function unlinkSecrets(outdir: string): void {
  rmSync(link(stackFolder(outdir)), { force: true });
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

function link(folder: string): string {
  return join(folder, "secrets.auto.tfvars.json");
}
