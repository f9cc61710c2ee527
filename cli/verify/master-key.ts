import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { secretFile } from "../secrets/secret-store";
import { sluiceHome } from "../sluice-home";
import { UserError } from "../terminal/user-error";

/** Where a master key may come from. Never from an argument: every user of a machine can read those. */
export interface MasterKeySources {
  /** A file with nothing but the key, or a secret file such as `.sluice/secrets.tfvars.json`. */
  readonly file?: string | undefined;
  /** Whether the gateway is the one that this project deploys, so that its own secret file counts. */
  readonly isOwnGateway: boolean;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

const SecretFile = z.object({ gateway_master_key: z.string() });

function remedy(env: NodeJS.ProcessEnv): string {
  const home = sluiceHome(env);
  return `put it into LITELLM_MASTER_KEY, or name a file that holds it: --master-key-file ${secretFile(home)} (deployed), ${secretFile(join(home, "local"))} (npm start)`;
}

/** The named file's, else that of LITELLM_MASTER_KEY, else the deployed platform's own. @throws UserError */
export function readMasterKey({ file, isOwnGateway, env = process.env }: MasterKeySources): string {
  if (file !== undefined) return fromFile(file, env);
  if (env["LITELLM_MASTER_KEY"]) return env["LITELLM_MASTER_KEY"];
  const own = secretFile(sluiceHome(env));
  if (isOwnGateway && existsSync(own)) return fromFile(own, env);
  throw new UserError("there is no master key to create keys with", remedy(env));
}

function fromFile(file: string, env: NodeJS.ProcessEnv): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new UserError(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`, remedy(env));
  }
  const key = text.startsWith("{") ? fromJson(text) : text;
  // Also keeps what is no header value out of the error of fetch, which would repeat it.
  if (key !== undefined && /^[\x21-\x7e]+$/.test(key)) return key;
  throw new UserError(
    `${file} holds no master key: neither a line of its own nor gateway_master_key`,
    remedy(env),
  );
}

function fromJson(text: string): string | undefined {
  try {
    return SecretFile.safeParse(JSON.parse(text)).data?.gateway_master_key;
  } catch {
    return undefined;
  }
}
