import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isRunning, readInstance } from "../local/instance-lock";
import { readSecrets, secretFile } from "../secrets/secret-store";
import { sluiceHome } from "../sluice-home";
import { UserError } from "../terminal/user-error";

/** Name of the administrator's token in a secret file. */
const SECRET = "key_provisioner_admin_token";
const VARIABLE = "KEY_PROVISIONER_ADMIN_TOKEN";

/** Where the administrator's token may come from. Never from an argument: every user of a machine can read those. */
export interface AdminTokenSources {
  /** A file with nothing but the token, or a secret file such as `.sluice/secrets.tfvars.json`. */
  readonly file?: string | undefined;
  /** Whether the key-provisioner is that of this project, so that its own secret file counts. */
  readonly isOwn: boolean;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/** The named file's, else that of the environment, else the own platform's: the one of `npm start` while that runs. @throws UserError */
export function readAdminToken({ file, isOwn, env = process.env }: AdminTokenSources): string {
  const home = sluiceHome(env);
  if (file !== undefined) return fromFile(file, home);
  const given = env[VARIABLE];
  if (given) return given;
  const own = isOwn ? readSecrets(localOrDeployed(home))[SECRET] : undefined;
  if (own) return own;
  throw new UserError("there is no administrator's token for the key-provisioner", remedy(home));
}

function localOrDeployed(home: string): string {
  return isLocalRunning(home) ? join(home, "local") : home;
}

/** Whether the platform of `npm start` runs in this home, which then is the one that is meant. */
export function isLocalRunning(home: string): boolean {
  const instance = readInstance(join(home, "local", "sluice.pid"));
  return instance !== undefined && isRunning(instance);
}

const SecretFile = z.object({ [SECRET]: z.string() });

function fromFile(file: string, home: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new UserError(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`, remedy(home));
  }
  const token = text.startsWith("{") ? fromJson(text) : text;
  // Also keeps what is no header value out of the error of fetch, which would repeat it.
  if (token !== undefined && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new UserError(
    `${file} holds no administrator's token: neither a line of its own nor ${SECRET}`,
    remedy(home),
  );
}

function fromJson(text: string): string | undefined {
  try {
    return SecretFile.safeParse(JSON.parse(text)).data?.[SECRET];
  } catch {
    return undefined;
  }
}

function remedy(home: string): string {
  return `put it into ${VARIABLE}, or name a file that holds it: --admin-token-file ${secretFile(home)} (deployed), ${secretFile(join(home, "local"))} (npm start)`;
}

/**
 * A credential of the user: from standard input, or the environment.
 * @param variable environment variable
 * @throws UserError when there is none
 */
export function readUserToken(
  variable: string,
  { fromStdin, how, env = process.env }: { fromStdin: boolean; how: string; env?: NodeJS.ProcessEnv },
): string {
  const token = fromStdin ? readFileSync(0, "utf8").trim() : env[variable];
  if (token && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new UserError(
    fromStdin ? "standard input holds no token" : `${variable} is not set`,
    `${how}, then: read -rs ${variable}; export ${variable}`,
  );
}
