import { SECRETS } from "../../constructs/secret-catalog";
import { generate } from "../secrets/secret-store";
import { UserError } from "../terminal/user-error";
import type { RotatableSecret } from "./rotatable-secrets";

/** What a new value is made of. */
export interface NewValueProps {
  readonly secret: RotatableSecret;
  /** The present values by Terraform variable. */
  readonly stored: Readonly<Record<string, string>>;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * A new value of a secret.
 * @throws UserError when a credential is not in the environment or the same as before
 */
export function newValue({
  secret: { name, variable, source },
  stored,
  env = process.env,
}: NewValueProps): string {
  if (source === "generated") {
    const { kind } = SECRETS[name] ?? {};
    if (kind === undefined) throw new Error(`${name} is not generated`);
    return generate(kind);
  }
  const value = env[name];
  if (!value) {
    throw new UserError(
      `${name} is not in the environment, which is where its new value comes from`,
      `make a new key at the provider and give it to the command: read -rs ${name}; export ${name}`,
    );
  }
  if (value === stored[variable]) {
    throw new UserError(
      `${name} in the environment is the value that is stored already`,
      "make a new key at the provider first",
    );
  }
  return value;
}
