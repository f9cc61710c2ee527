import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { SECRETS, type SecretKind } from "../../constructs/secret-catalog";
import { UserError } from "../terminal/user-error";

/**
 * Values of the Terraform variables, as a Terraform variable file: `{"redis_password": "…"}`.
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
 * @throws UserError when the file is there but cannot be used: it is never overwritten blindly.
 */
export function ensureSecrets(
  home: string,
  credentials: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): EnsuredSecrets {
  const file = secretFile(home);
  const values = readSecrets(home);
  const generated: string[] = [];
  const taken: string[] = [];
  for (const [name, { kind }] of Object.entries(SECRETS)) {
    if (values[name]) continue;
    values[name] = generate(kind);
    generated.push(name);
  }
  for (const name of credentials) {
    const value = env[name];
    if (!value || values[name.toLowerCase()] === value) continue;
    values[name.toLowerCase()] = value;
    taken.push(name);
  }
  if (generated.length > 0 || taken.length > 0) writeSecrets(home, values);
  return { file, generated, taken };
}

/** The values by variable name; empty when there is no file yet. */
export function readSecrets(home: string): Record<string, string> {
  const file = secretFile(home);
  if (!existsSync(file)) return {};
  const others = statSync(file).mode & 0o077;
  if (others !== 0) chmodSync(file, 0o600);
  try {
    return SecretFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new UserError(
      `${file} is not a JSON object of strings, so it is left as it is`,
      "restore it from your backup. Deleting it makes new secrets, which the existing databases do not know",
    );
  }
}

/** A new value. */
export function generate(kind: SecretKind): string {
  const value = randomBytes(32).toString("base64url");
  return kind === "key" ? `sk-${value}` : value;
}

/** Whole file or nothing: written beside, flushed, renamed. */
export function writeSecrets(home: string, values: Readonly<Record<string, string>>): void {
  const file = secretFile(home);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeToOthers(dirname(file));
  const temporary = `${file}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, "wx", 0o600);
  writeSync(descriptor, `${JSON.stringify(values, null, 2)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(temporary, file);
}

/** A group that may only pass stays: so does the database of a local platform that root runs (`postgres-account.ts`), maybe right now. */
function closeToOthers(folder: string): void {
  if ((statSync(folder).mode & 0o077) !== 0o010) chmodSync(folder, 0o700);
}
