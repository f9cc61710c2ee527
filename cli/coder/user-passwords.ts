import type { PlatformConfig } from "../../constructs/config/schema";
import { UserError } from "../terminal/user-error";

type Users = PlatformConfig["coder"]["users"];

/**
 * First passwords of the users that are not there yet, by Terraform variable, from the environment. They are not stored: once a user
 * is made, the password is theirs to change.
 * @param existing login names of those that are there
 * @throws UserError when one is missing
 */
export function firstPasswords(
  users: Users,
  existing: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const needed = neededPasswords(users, existing);
  const missing = needed.filter(({ passwordEnv }) => !env[passwordEnv]);
  if (missing.length > 0) {
    throw new UserError(
      `first passwords of new users in Coder are missing: ${missing.map(({ username, passwordEnv }) => `${passwordEnv} (${username})`).join(", ")}`,
      "export them for this deploy; later ones do not need them",
    );
  }
  return Object.fromEntries(
    needed.map(({ passwordEnv, variable }) => [variable, env[passwordEnv] as string]),
  );
}

/**
 * Whose first password is needed, where it comes from, and its Terraform variable.
 * @param existing login names of users that are there
 */
export function neededPasswords(
  users: Users,
  existing: readonly string[],
): { readonly username: string; readonly passwordEnv: string; readonly variable: string }[] {
  return users.flatMap(({ username, passwordEnv }) =>
    passwordEnv === undefined || existing.includes(username)
      ? []
      : [{ username, passwordEnv, variable: passwordEnv.toLowerCase() }],
  );
}
