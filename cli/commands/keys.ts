import { type Command, InvalidArgumentError } from "commander";
import { loadPlatform } from "../../constructs/config/load";
import { platformFile } from "../../constructs/config/platform-file";
import { localUrl } from "../../constructs/local-url";
import { settingName, settingOf } from "../../constructs/service-definition";
import { KEY_PROVISIONER } from "../../constructs/services/key-provisioner";
import { isLocalRunning, readAdminToken, readUserToken } from "../keys/credentials";
import { formatKey, formatKeys } from "../keys/format-keys";
import { KeyClient, type KeyDescription, type KeyWithSecret } from "../keys/key-client";
import { LOOPBACK } from "../local/port";
import { sluiceHome } from "../sluice-home";

interface CommonOptions {
  readonly url?: string;
  readonly json?: boolean;
}

interface AdminOptions extends CommonOptions {
  readonly adminTokenFile?: string;
}

/** `sluice keys …`: keys of the gateway, made by the key-provisioner. */
export function registerKeys(program: Command): void {
  const keys = program
    .command("keys")
    .description("make, show and revoke keys of the gateway")
    .addHelpText(
      "after",
      `
A key stands on standard output, alone and once; everything else goes to standard error. Nothing is written to a file.
self-service takes your Coder session token from CODER_SESSION_TOKEN or --token-stdin. info without a name takes a key
from OPENAI_API_KEY. The others take the administrator's token from KEY_PROVISIONER_ADMIN_TOKEN, from --admin-token-file,
or from the platform of this project.`,
    );
  const command = (name: string, description: string, parent = keys) =>
    parent
      .command(name)
      .description(description)
      .option(
        "--url <url>",
        "the key-provisioner (default: as in platform.yaml, http://127.0.0.1:8100)",
        parseUrl,
      )
      .option("--json", "as JSON, for scripts");
  const adminCommand = (name: string, description: string, parent = keys) =>
    command(name, description, parent).option(
      "--admin-token-file <file>",
      "file with the administrator's token",
    );

  command("self-service", "get your own key, or the one that you have")
    .option("--purpose <text>", "what it is for")
    .option("--token-stdin", "read the Coder session token from standard input")
    .action(
      async ({
        purpose,
        tokenStdin = false,
        ...options
      }: CommonOptions & { purpose?: string; tokenStdin?: boolean }) => {
        const how = "make a token in Coder (account, tokens), or: coder tokens create";
        const token = readUserToken("CODER_SESSION_TOKEN", { fromStdin: tokenStdin, how });
        showNew(await new KeyClient(urlOf(options), token).selfService(purpose), options);
      },
    );

  const create = keys.command("create").description("make a key for a service");
  for (const [name, argument, description] of [
    ["ci", "<repo>", "for the pipeline of a repository"],
    ["agent", "<role>", "for an agent that runs by itself: review or write"],
  ] as const) {
    adminCommand(`${name} ${argument}`, description, create).action(
      async (subject: string, options: AdminOptions) => {
        const what = name === "ci" ? { kind: name, repo: subject } : { kind: name, role: subject };
        showNew(await asAdmin(options).create(what), options);
      },
    );
  }

  adminCommand("list", "show all keys").action(async (options: AdminOptions) => {
    const all = await asAdmin(options).list();
    console.log(options.json === true ? JSON.stringify(all, null, 2) : formatKeys(all));
  });

  adminCommand("info [alias]", "show one key; without a name, the one in OPENAI_API_KEY").action(
    async (alias: string | undefined, options: AdminOptions) => {
      const found =
        alias === undefined
          ? await new KeyClient(
              urlOf(options),
              readUserToken("OPENAI_API_KEY", {
                fromStdin: false,
                how: "take a key of the gateway, or name an alias",
              }),
            ).ownInfo()
          : await asAdmin(options).info(alias);
      show(found, options);
    },
  );

  adminCommand("revoke <alias>", "end a key").action(async (alias: string, options: AdminOptions) => {
    await asAdmin(options).revoke(alias);
    tell({ revoked: alias }, `${alias} is revoked.`, options);
  });

  adminCommand(
    "rotate <alias>",
    "give a key another secret; its spend and limits stay, the former secret ends",
  ).action(async (alias: string, options: AdminOptions) =>
    showNew(await asAdmin(options).rotate(alias), options),
  );

  adminCommand("bootstrap <users...>", "make a key for each user, or show the one there is").action(
    async (users: string[], options: AdminOptions) => {
      const made = await asAdmin(options).bootstrap(users);
      if (options.json === true) console.log(JSON.stringify(made, null, 2));
      else for (const { owner, key } of made) console.log(`${owner}=${key}`);
    },
  );

  adminCommand(
    "level <alias> <level>",
    "let the owner of a key loosen it down to a level; none takes that back",
  ).action(async (alias: string, level: string, options: AdminOptions) => {
    const permitted = level === "none" ? null : level;
    await asAdmin(options).permitLevel(alias, permitted);
    const text =
      permitted === null
        ? `${alias} is loosened no more.`
        : `${alias} may be loosened down to ${level}: the next time it is asked for, as at the start of the workspace, with that level picked there.`;
    tell({ alias, permitted_level: permitted }, text, options);
  });

  adminCommand("reset <user>", "set what a user's keys have spent to nothing").action(
    async (user: string, options: AdminOptions) => {
      const count = await asAdmin(options).resetUser(user);
      tell(
        { user_id: user, keys: count },
        `${user}: ${count === 1 ? "1 key has" : `${count} keys have`} spent nothing now.`,
        options,
      );
    },
  );
}

function asAdmin(options: AdminOptions): KeyClient {
  const { url, adminTokenFile: file } = options;
  return new KeyClient(urlOf(options), readAdminToken({ file, isOwn: url === undefined }));
}

function urlOf({ url }: CommonOptions): string {
  if (url !== undefined) return url;
  const config = loadPlatform(platformFile({ mayUseExample: true }));
  // `npm start` listens on the loopback whatever `exposure.address` says.
  return isLocalRunning(sluiceHome())
    ? `http://${LOOPBACK}:${settingOf(config.ports, KEY_PROVISIONER)}`
    : localUrl(config, settingName(KEY_PROVISIONER));
}

/** @throws InvalidArgumentError */
function parseUrl(text: string): string {
  if (URL.canParse(text)) {
    const { protocol, username, password } = new URL(text);
    if (/^https?:$/.test(protocol) && username + password === "") return text.replace(/\/+$/, "");
  }
  throw new InvalidArgumentError("It is the URL of a key-provisioner, such as http://localhost:8100.");
}

function showNew(made: KeyWithSecret, { json = false }: CommonOptions): void {
  if (json) {
    console.log(JSON.stringify(made, null, 2));
    return;
  }
  const { key, reused, ...description } = made;
  console.error(
    `${formatKey(description)}\n${reused ? "The key that was there:" : "The key; it is shown once:"}`,
  );
  console.log(key);
}

function show(key: KeyDescription, { json = false }: CommonOptions): void {
  console.log(json ? JSON.stringify(key, null, 2) : formatKey(key));
}

function tell(result: object, text: string, { json = false }: CommonOptions): void {
  console.log(json ? JSON.stringify(result, null, 2) : text);
}
