import { setTimeout as sleep } from "node:timers/promises";
import type { Progress } from "../terminal/progress";
import { type Bot, DEPLOY_BOT, ensureBot, isInOrder, KEY_PROVISIONER_BOT, renewToken } from "./bots";
import { CoderClient, CoderError } from "./coder-client";
import {
  type CoderTokens,
  readCoderTokens,
  writeKeyProvisionerToken,
  writeProviderToken,
} from "./coder-tokens";
import { handOverToken, type KeyProvisionerAccess } from "./key-provisioner-client";
import { asOwner, type CoderAdmin } from "./owner-session";

/** How long Coder may take until it answers, in milliseconds. */
const START_MS = 60_000;
const INTERVAL_MS = 1_000;

/** What is set up. */
export interface BootstrapProps {
  readonly home: string;
  /** Of Coder, as this host reaches it. */
  readonly url: string;
  readonly admin: CoderAdmin;
  readonly keyProvisioner: KeyProvisionerAccess;
  /** Users and the roles that they have, exactly. Those that are not there yet are passed over. */
  readonly roles: readonly { readonly username: string; readonly roles: readonly string[] }[];
  readonly progress: Progress;
  /** How long Coder may take until it answers, in milliseconds. @default 60000 */
  readonly startMs?: number;
}

/** What was done. */
export interface BootstrapResult {
  readonly first_user: "created" | "exists";
  /** By bot. */
  readonly tokens: Readonly<Record<string, "new" | "valid">>;
  /** Tokens of former runs that nothing used any more. */
  readonly deleted_tokens: number;
  /** Users who have other roles now. */
  readonly changed_roles: readonly string[];
}

/**
 * Sets Coder up for the platform: first user, the bots, and their tokens where the stored ones do not do. May run at any time and as
 * often as one likes: what is in order is left as it is, and the owner logs in only when something has to be made.
 * @throws UserError when Coder or the key-provisioner does not play its part
 */
export async function bootstrapCoder(props: BootstrapProps): Promise<BootstrapResult> {
  const { home, url, admin, keyProvisioner, progress } = props;
  const coder = new CoderClient(url);
  await progress.step("Waiting for Coder", async (done) => done(await waitForCoder(coder, props.startMs)));
  const isNew = await progress.step("First user of Coder", async (done) => {
    const created = await ensureFirstUser(coder, admin);
    done(created ? `${admin.username} made` : "exists");
    return created;
  });
  const { tokens, made, deleted } = await progress.step("Tokens of the platform in Coder", async (done) => {
    const ensured = await ensureTokens(coder, home, admin);
    done(ensured.made.length === 0 ? "valid" : `new for ${ensured.made.join(", ")}`);
    return ensured;
  });
  await progress.step("Telling the key-provisioner its token", () =>
    handOverToken(keyProvisioner, tokens.keyProvisioner),
  );
  const changed = await progress.step("Roles of users in Coder", async (done) => {
    const users = await ensureRoles(coder.as(tokens.provider), props);
    done(users.length === 0 ? "as declared" : `changed for ${users.join(", ")}`);
    return users;
  });
  return {
    first_user: isNew ? "created" : "exists",
    tokens: Object.fromEntries(
      BOTS.map(({ username }) => [username, made.includes(username) ? "new" : "valid"]),
    ),
    deleted_tokens: deleted,
    changed_roles: changed,
  };
}

const BOTS = [DEPLOY_BOT, KEY_PROVISIONER_BOT];

/** Whether the provider's token is there and may do its work. */
export async function isBootstrapped(url: string, home: string): Promise<boolean> {
  const { provider } = readCoderTokens(home);
  return provider !== undefined && isDeployToken(new CoderClient(url), provider);
}

/** @returns its version */
async function waitForCoder(coder: CoderClient, startMs = START_MS): Promise<string> {
  const end = performance.now() + startMs;
  for (;;) {
    try {
      return await coder.version();
    } catch (error) {
      // While it migrates its database it answers with errors, or not at all.
      if (!(error instanceof CoderError) || performance.now() >= end) throw error;
    }
    await sleep(INTERVAL_MS);
  }
}

async function ensureFirstUser(coder: CoderClient, admin: CoderAdmin): Promise<boolean> {
  if (await coder.hasFirstUser()) return false;
  return coder.createFirstUser({ ...admin, name: admin.username });
}

interface EnsuredTokens {
  readonly tokens: { readonly [Name in keyof CoderTokens]-?: string };
  /** Bots that have a new one. */
  readonly made: readonly string[];
  readonly deleted: number;
}

async function ensureTokens(coder: CoderClient, home: string, admin: CoderAdmin): Promise<EnsuredTokens> {
  const stored = readCoderTokens(home);
  const [provider, keyProvisioner] = await Promise.all([
    stored.provider !== undefined && (await isDeployToken(coder, stored.provider))
      ? stored.provider
      : undefined,
    stored.keyProvisioner !== undefined && (await coder.as(stored.keyProvisioner).mayRead())
      ? stored.keyProvisioner
      : undefined,
  ]);
  if (provider !== undefined && keyProvisioner !== undefined)
    return { tokens: { provider, keyProvisioner }, made: [], deleted: 0 };
  return asOwner(coder, admin, home, async (owner, organization) => {
    const made: string[] = [];
    let deleted = 0;
    const renew = async (bot: Bot, store: (home: string, token: string) => void) => {
      const renewed = await renewToken(owner, await ensureBot(owner, bot, organization), bot);
      store(home, renewed.token);
      made.push(bot.username);
      deleted += renewed.deleted;
      return renewed.token;
    };
    const tokens = {
      provider: provider ?? (await renew(DEPLOY_BOT, writeProviderToken)),
      keyProvisioner: keyProvisioner ?? (await renew(KEY_PROVISIONER_BOT, writeKeyProvisionerToken)),
    };
    return { tokens, made, deleted };
  });
}

/** Most roles are the owner's to give. */
async function ensureRoles(
  coder: CoderClient,
  { home, url, admin, roles }: BootstrapProps,
): Promise<string[]> {
  const found = await Promise.all(
    roles.map(async ({ username, roles: wanted }) => ({ user: await coder.user(username), wanted })),
  );
  const wrong = found.flatMap(({ user, wanted }) =>
    user === undefined ||
    isSame(
      user.roles.map(({ name }) => name),
      wanted,
    )
      ? []
      : [{ user, wanted }],
  );
  if (wrong.length === 0) return [];
  await asOwner(new CoderClient(url), admin, home, async (owner) => {
    for (const { user, wanted } of wrong) await owner.setRoles(user, wanted);
  });
  return wrong.map(({ user }) => user.username);
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}

async function isDeployToken(coder: CoderClient, token: string): Promise<boolean> {
  const user = await coder.as(token).me();
  return user?.username === DEPLOY_BOT.username && isInOrder(user, DEPLOY_BOT);
}
