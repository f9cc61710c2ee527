import { randomBytes } from "node:crypto";
import { UserError } from "../terminal/user-error";
import type { CoderClient, CoderUser } from "./coder-client";

/** A user of Coder that is no person: nobody can log in as it, it has tokens only. */
export interface Bot {
  readonly username: string;
  /** Full name, which people see. */
  readonly name: string;
  readonly roles: readonly string[];
  /** What its token may. @default - all that its roles allow */
  readonly scopes?: readonly string[];
}

/** Terraform's provider works as it: templates and users. */
export const DEPLOY_BOT: Bot = {
  username: "sluice-deploy",
  name: "Sluice deploy",
  roles: ["template-admin", "user-admin"],
};

/** The key-provisioner asks as it which workspace an agent belongs to. Its scopes keep the state of workspaces, which holds sessions, from it. */
export const KEY_PROVISIONER_BOT: Bot = {
  username: "sluice-key-provisioner",
  name: "Sluice key-provisioner",
  roles: ["template-admin"],
  scopes: ["workspace:read", "template:read"],
};

/** Lifetime of a bot's token, in milliseconds: ten years. Coder keeps that of owners to a week. */
const LIFETIME_MS = 10 * 365 * 86_400_000;

/** Whether a user has the roles of a bot, and can use them. */
export function isInOrder(user: CoderUser, { roles }: Bot): boolean {
  const has = user.roles.map(({ name }) => name);
  return user.status !== "suspended" && roles.every((role) => has.includes(role));
}

/**
 * Makes a bot, or brings one that is there into order.
 * @param owner Coder as somebody who may make users
 * @param organization id of the organization that a new one joins
 * @throws UserError when the name is a person's
 */
export async function ensureBot(owner: CoderClient, bot: Bot, organization: string): Promise<CoderUser> {
  const { username, name, roles } = bot;
  const email = `${username}@sluice.invalid`;
  const user =
    (await owner.user(username)) ?? (await owner.createBot({ email, username, name, organization }));
  if (user.login_type !== "none") {
    throw new UserError(
      `Coder has a user ${username} that people can log in as (login type ${user.login_type}), so it is not taken for the platform's own`,
      "rename or delete that user in Coder, and try again",
    );
  }
  if (isInOrder(user, bot)) return user;
  if (user.status === "suspended") await owner.activate(user);
  await owner.setRoles(user, roles);
  return user;
}

/**
 * A new token of a bot; its former ones are deleted, as nothing uses them any more.
 * @returns the token, and how many were deleted
 */
export async function renewToken(
  owner: CoderClient,
  user: CoderUser,
  { scopes }: Bot,
): Promise<{ readonly token: string; readonly deleted: number }> {
  const former = await owner.tokens(user);
  const name = `sluice-${randomBytes(6).toString("hex")}`;
  const token = await owner.createToken(user, { name, lifetimeMs: LIFETIME_MS, ...(scopes && { scopes }) });
  for (const one of former) await owner.deleteToken(user, one);
  return { token, deleted: former.length };
}
