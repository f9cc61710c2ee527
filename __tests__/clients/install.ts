import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const FILES = ["package.json", "package-lock.json"] as const;
/** About 1.2 GB come in: a slow line takes its time. */
const LIMIT_MS = 15 * 60_000;

/** Where the clients of this lock file are, once they are installed. */
export function clientsFolder(): string {
  const lock = readFileSync(join(__dirname, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "sluice/clients", `${process.platform}-${process.arch}-${hash}`);
}

/**
 * Installs the pinned clients, once for each lock file, outside the checkout. A folder that is there is whole: it
 * gets its name after everything is in it.
 * @returns the folder that holds their `node_modules`
 * @throws Error when they cannot be had; nothing is skipped for that
 */
export function installClients(): string {
  const folder = clientsFolder();
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  const start = Date.now();
  process.stderr.write(`Installing the clients of the acceptance tests into ${folder} (1.2 GB, once) …\n`);
  try {
    mkdirSync(partial, { recursive: true });
    for (const name of FILES) copyFileSync(join(__dirname, name), join(partial, name));
    // Not `npm ci`: it refuses a lock file without the packages that one client has for other platforms, and those are
    // not to be had from every registry. What is in the lock file is held to it all the same.
    // Some of them make folders in HOME while they are installed: it is one that goes away.
    const home = join(partial, "home");
    mkdirSync(home);
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: partial,
      stdio: ["ignore", 2, 2],
      timeout: LIMIT_MS,
      env: {
        ...process.env,
        HOME: home,
        XDG_CACHE_HOME: undefined,
        XDG_CONFIG_HOME: undefined,
        XDG_DATA_HOME: undefined,
        XDG_STATE_HOME: undefined,
        npm_config_cache: join(homedir(), ".npm"),
        npm_config_userconfig: join(homedir(), ".npmrc"),
      },
    });
    rmSync(home, { recursive: true, force: true });
    moveIntoPlace(partial, folder);
  } catch (error) {
    throw new Error(
      `The clients of the acceptance tests could not be installed: ${(error as Error).message}\n` +
        "  → they come from the npm registry; run the tests where it can be reached, once",
      { cause: error },
    );
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  process.stderr.write(`… installed in ${Math.round((Date.now() - start) / 1000)} s\n`);
  return folder;
}

/** Another run may have been quicker: its folder is as good. */
function moveIntoPlace(partial: string, folder: string): void {
  try {
    renameSync(partial, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}
