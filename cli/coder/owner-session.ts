import { secretFile } from "../secrets/secret-store";
import { UserError } from "../terminal/user-error";
import type { CoderClient } from "./coder-client";

/** The owner of Coder. */
export interface CoderAdmin {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

/**
 * Logs in, and out again whatever happens: nobody keeps a token of the owner.
 * @throws UserError when the stored password is not accepted, or the user is no owner
 */
export async function asOwner<T>(
  coder: CoderClient,
  { email, username, password }: CoderAdmin,
  home: string,
  work: (owner: CoderClient, organization: string) => Promise<T>,
): Promise<T> {
  const session = await coder.login(email, password);
  if (session === undefined) {
    throw new UserError(
      `Coder has a first user already, and does not accept the stored password (coder_first_user_password) for ${email}`,
      `if its email is another one, write it under coder.admin.email; if its password was changed in Coder, give it the stored one again there (Account → Security; npm run sluice -- coder admin --show-password), or store the new one: coder_first_user_password in ${secretFile(home)}`,
    );
  }
  const owner = coder.as(session);
  try {
    const me = await owner.me();
    const [organization] = me?.organization_ids ?? [];
    if (me?.roles.every(({ name }) => name !== "owner") !== false || organization === undefined) {
      throw new UserError(
        `${email} is no owner of Coder, so it may not make the platform's users (username ${me?.username ?? username})`,
        "name the owner under coder.admin in platform.yaml, or give this user the role owner in Coder",
      );
    }
    return await work(owner, organization);
  } finally {
    // A session that could not be ended ends by itself after a day.
    await owner.logout().catch(() => {});
  }
}
