import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { PROVIDER_TOKEN } from "../../constructs/stack-id";
import { writePrivateFile } from "../private-file";
import { openHome } from "../sluice-home";
import { UserError } from "../terminal/user-error";

const Variables = z.record(z.string(), z.string());

/**
 * Values of the variables of the stack `coder`, as a Terraform variable file. They have a file of their own, since Terraform warns
 * of every value in a linked file that a stack does not declare; and since they can be obtained again, unlike the secrets that
 * data is opened with.
 */
export function coderVariablesFile(home: string): string {
  return join(home, "coder.tfvars.json");
}

/** The key-provisioner's token. It is no variable of a stack: the key-provisioner is told it. */
function keyProvisionerTokenFile(home: string): string {
  return join(home, "coder-key-provisioner.token");
}

/** What was obtained from Coder, or for it. */
export interface CoderTokens {
  /** Of the bot that Terraform's provider works as. */
  readonly provider: string | undefined;
  /** Of the bot that the key-provisioner reads workspaces as. */
  readonly keyProvisioner: string | undefined;
}

/** The values by variable; empty when there are none yet. @throws UserError when the file is damaged */
export function readCoderVariables(home: string): Record<string, string> {
  const file = coderVariablesFile(home);
  if (!existsSync(file)) return {};
  try {
    return Variables.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new UserError(
      `${file} is not a JSON object of strings, so it is left as it is`,
      `remove it, and have it made again: npm run sluice -- coder bootstrap; passwords of users are taken from the environment again`,
    );
  }
}

/** Writes these values in the place of all that are there. */
export function replaceCoderVariables(home: string, values: Readonly<Record<string, string>>): void {
  openHome(home);
  writePrivateFile(coderVariablesFile(home), `${JSON.stringify(values, null, 2)}\n`);
}

/** @throws UserError when the file of variables is damaged */
export function readCoderTokens(home: string): CoderTokens {
  const file = keyProvisionerTokenFile(home);
  const keyProvisioner = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  return { provider: readCoderVariables(home)[PROVIDER_TOKEN], keyProvisioner: keyProvisioner || undefined };
}

export function writeProviderToken(home: string, token: string): void {
  replaceCoderVariables(home, { ...readCoderVariables(home), [PROVIDER_TOKEN]: token });
}

export function writeKeyProvisionerToken(home: string, token: string): void {
  openHome(home);
  writePrivateFile(keyProvisionerTokenFile(home), `${token}\n`);
}

/** When Coder's data is gone, nobody knows them any more. */
export function forgetCoderTokens(home: string): void {
  for (const file of [coderVariablesFile(home), keyProvisionerTokenFile(home)]) rmSync(file, { force: true });
}
