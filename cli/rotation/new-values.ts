import { SECRETS } from "../../constructs/secret-catalog";
import { docker } from "../docker/docker";
import { generate } from "../secrets/secret-store";
import { UserError } from "../terminal/user-error";
import type { RotatableSecret } from "./rotatable-secrets";

/** What new values are made of. */
export interface NewValuesProps {
  readonly secret: RotatableSecret;
  /** The present values by Terraform variable. */
  readonly stored: Readonly<Record<string, string>>;
  /** For how long the former master key stays valid, in seconds. */
  readonly graceSeconds: number;
  /** Name of the platform. */
  readonly platform: string;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * New values by Terraform variable; of the master key also the former one and its end, which are empty without a grace.
 * @throws UserError when a credential is not in the environment or the same as before, or the database cannot be asked for its time
 */
export async function newValues({
  secret: { name, variable, source },
  stored,
  graceSeconds,
  platform,
  env = process.env,
}: NewValuesProps): Promise<Record<string, string>> {
  if (source === "environment") return { [variable]: fromEnvironment(name, stored[variable], env) };
  const { kind } = SECRETS[name] ?? {};
  if (kind === undefined) throw new Error(`${name} is not generated`);
  const value = generate(kind);
  if (name !== "gateway_master_key") return { [variable]: value };
  const hasGrace = graceSeconds > 0;
  return {
    [variable]: value,
    gateway_master_key_previous: hasGrace ? (stored[variable] ?? "") : "",
    gateway_master_key_previous_valid_until: hasGrace ? await databaseTimeIn(graceSeconds, platform) : "",
  };
}

function fromEnvironment(name: string, former: string | undefined, env: NodeJS.ProcessEnv): string {
  const value = env[name];
  if (!value) {
    throw new UserError(
      `${name} is not in the environment, which is where its new value comes from`,
      `make a new key at the provider and give it to the command: read -rs ${name}; export ${name}`,
    );
  }
  if (value === former) {
    throw new UserError(
      `${name} in the environment is the value that is stored already`,
      "make a new key at the provider first",
    );
  }
  return value;
}

/** The gateways go by the database's time, whatever this machine's clock says. */
async function databaseTimeIn(seconds: number, platform: string): Promise<string> {
  const sql = `SELECT to_char((now() + interval '${seconds} seconds') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
  const stdout = await docker([
    "exec",
    `${platform}-postgres`,
    "psql",
    "--username=postgres",
    "--no-psqlrc",
    "--tuples-only",
    "--no-align",
    `--command=${sql}`,
  ]);
  const instant = stdout.trim();
  if (!Number.isNaN(Date.parse(instant))) return instant;
  throw new UserError("the database does not say what time it is, which the end of a grace is counted from");
}
