import { readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { stackFolder } from "../stack-folder";
import { secretFile } from "./secret-store";

/** Puts a link to the home's secrets into the stack's folder, which Terraform reads by its name, run by whom it may. */
export function linkSecrets(outdir: string, home: string): void {
  const target = relative(stackFolder(outdir), secretFile(home));
  if (targetOf(link(outdir)) === target) return;
  unlinkSecrets(outdir);
  symlinkSync(target, link(outdir));
}

/** Takes the link away; the secrets stay. */
export function unlinkSecrets(outdir: string): void {
  rmSync(link(outdir), { force: true });
}

/** Names of the variables that the synthesized stack declares. Terraform warns of any other one in a file that is linked. */
export function declaredVariables(outdir: string): Set<string> {
  const stack = JSON.parse(readFileSync(join(stackFolder(outdir), "cdk.tf.json"), "utf8")) as {
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

function link(outdir: string): string {
  return join(stackFolder(outdir), "secrets.auto.tfvars.json");
}
