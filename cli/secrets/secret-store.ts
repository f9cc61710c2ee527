import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { SECRETS } from "../../constructs/secret-catalog";
import type { SecretKind } from "../../constructs/service-definition";
import { writePrivateFile } from "../private-file";
import { closeToOthers } from "../sluice-home";
import { UserError } from "../terminal/user-error";

/**
 * Values of the Terraform variables, as a Terraform variable file: `{"gateway_master_key": "…"}`.
 * One file, mode 0600, in a folder that git ignores.
 */
const SecretFile = z.record(z.string(), z.string());

/** Where secrets live: `<home>/secrets.tfvars.json`. */
export function secretFile(home: string): string {
  return join(home, "secrets.tfvars.json");
}

/** What `ensureSecrets` did. */
export interface EnsuredSecrets {
  readonly file: string;
  /** Names that were made now. */
  readonly generated: readonly string[];
  /** Names taken over from the environment now. */
  readonly taken: readonly string[];
}

/**
 * Makes the secrets that are missing and takes over credentials that are set in the environment.
 * A value that is there is never changed by this, except a credential that has another value now.
 *
 * @param home the `.sluice` folder
 * @param credentials names of environment variables with providers' credentials
 * @throws UserError when the file is there but cannot be used: it is never overwritten blindly. That services which know
 * the missing ones exist already is for the caller to see before (`refuseNewSecrets`).
 */
export function ensureSecrets(
  home: string,
  credentials: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): EnsuredSecrets {
  const file = secretFile(home);
  const values = readSecrets(home);
  const taken: string[] = [];
  const generated = missingSecrets(values);
  for (const [name, { kind }] of Object.entries(SECRETS)) values[name] ||= generate(kind);
  for (const { name, variable, value } of newCredentials(values, credentials, env)) {
    values[variable] = value;
    taken.push(name);
  }
  if (generated.length > 0 || taken.length > 0) writeSecrets(home, values);
  else chmodSync(file, 0o600);
  return { file, generated, taken };
}

/** Names of the generated secrets that have no value. */
export function missingSecrets(values: Readonly<Record<string, string>>): string[] {
  return Object.keys(SECRETS).filter((name) => !values[name]);
}

/** A provider's credential in the environment. */
export interface Credential {
  /** Of the environment variable. */
  readonly name: string;
  /** Its Terraform variable. */
  readonly variable: string;
  readonly value: string;
}

/** Credentials that are set in the environment to something else than what is stored. */
export function newCredentials(
  values: Readonly<Record<string, string>>,
  credentials: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Credential[] {
  return [...new Set(credentials)].flatMap((name) => {
    const [variable, value] = [name.toLowerCase(), env[name]];
    return !value || values[variable] === value ? [] : [{ name, variable, value }];
  });
}

/** The values by variable name; empty when there is no file yet. Writes nothing. @throws UserError */
export function readSecrets(home: string): Record<string, string> {
  const file = secretFile(home);
  if (!existsSync(file)) return {};
  try {
    return SecretFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new UserError(
      `${file} is not a JSON object of strings, so it is left as it is`,
      "correct it, or restore it from your backup. Do not delete it: the databases open with its secrets only",
    );
  }
}

/** A new value. */
export function generate(kind: SecretKind): string {
  const value = randomBytes(32).toString("base64url");
  return kind === "key" ? `sk-${value}` : value;
}

/** Writes all values. */
export function writeSecrets(home: string, values: Readonly<Record<string, string>>): void {
  const file = secretFile(home);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeToOthers(dirname(file));
  writePrivateFile(file, `${JSON.stringify(values, null, 2)}\n`);
}
