import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type Places, projectsFolder } from "../container/places";
import { type CommandOptions, runCommand } from "../container/run-command";

/** A clone of a large repository on a slow line, in milliseconds. */
const CLONE_MS = 15 * 60_000;
const PULL_MS = 2 * 60_000;

/** Schemes that git reads from the network, and `user@host:path`; no option, no local path, none of git's helpers that run commands. */
const ADDRESS = /^(?:https?:\/\/|ssh:\/\/|git:\/\/|[\w.-]+@[\w.-]+:)[^\s]+$/;
/** Scripts of a dotfiles repository, in the order in which they are looked for. */
const SCRIPTS = ["install.sh", "install", "bootstrap.sh", "bootstrap", "setup.sh", "setup", "script/setup"];

type Run = Pick<CommandOptions, "env" | "say">;

/**
 * Clones the repository into the folder of projects, unless it is there.
 * @returns what was done, for the log
 * @throws Error when git cannot get it
 */
export async function cloneRepository(address: string, places: Places, run: Run): Promise<string> {
  const folder = join(projectsFolder(places), nameOf(address));
  if (existsSync(folder)) return `${folder} is there`;
  await clone(address, folder, places, run);
  return `cloned into ${folder}`;
}

/**
 * Gets or updates the user's dotfiles, then runs their script or, where they have none, links them into the home; what is there stays.
 * @returns what was done, for the log
 * @throws Error when git cannot get them, or their script fails
 */
export async function applyDotfiles(address: string, places: Places, run: Run): Promise<string> {
  const folder = join(places.home, ".dotfiles");
  const options = { ...run, env: gitEnvironment(run.env), cwd: places.home };
  if (existsSync(folder))
    await runCommand("git", ["-C", folder, "pull", "--ff-only", "--quiet"], { ...options, limitMs: PULL_MS });
  else await clone(address, folder, places, run);
  const script = SCRIPTS.find((name) => existsSync(join(folder, name)));
  if (script !== undefined) {
    await runCommand("bash", [join(folder, script)], { ...run, cwd: folder, limitMs: CLONE_MS });
    return `ran ${script}`;
  }
  return `linked ${await linkFiles(folder, places.home)} files`;
}

async function clone(address: string, folder: string, places: Places, { env, say }: Run): Promise<void> {
  if (!ADDRESS.test(address))
    throw new Error(
      `${address} is no address of a repository; allowed: https://host/path, ssh://user@host/path, user@host:path`,
    );
  await mkdir(projectsFolder(places), { recursive: true });
  // What is half there after an interruption must not count as the repository.
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await runCommand("git", ["clone", "--quiet", "--", address, partial], {
    env: gitEnvironment(env),
    say,
    cwd: places.home,
    limitMs: CLONE_MS,
  });
  await rename(partial, folder);
}

async function linkFiles(folder: string, home: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(".") && name !== ".git");
  let linked = 0;
  for (const name of names) {
    try {
      await symlink(join(folder, name), join(home, name));
      linked += 1;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  return linked;
}

/** Nobody is there to type a password. */
function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, GIT_TERMINAL_PROMPT: "0" };
}

/** Last part of the path, as git names the folder. */
function nameOf(address: string): string {
  const name = /([^/:]+?)(?:\.git)?\/*$/.exec(address)?.[1] ?? "";
  return /^[\w][\w.-]*$/.test(name) ? name : "repository";
}
