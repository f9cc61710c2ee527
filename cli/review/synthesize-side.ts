import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CODER_STACK, PLATFORM_STACK } from "../../constructs/stack-id";
import type { StackJson } from "../plan/compare-stacks";
import { stripColours } from "../terminal/paint";
import { UserError } from "../terminal/user-error";

/** Longest time for one command of a side, in milliseconds: an installation on a slow line. */
const TIMEOUT_MS = 10 * 60_000;

/** Most output of one command that is kept, in bytes: the archive of a project. */
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

/** Where a side comes from. */
export interface SideOptions {
  /** Root of the project that the command runs in. */
  readonly project: string;
  /** Empty folder in which the side is put together. */
  readonly scratch: string;
  /** Platform file that is taken along also where git ignores it, relative to the side. */
  readonly file: string;
}

/** A side: what was synthesized, or a folder with code and configuration that can be. */
export type Side =
  | { readonly source: string; readonly stack: StackJson }
  | { readonly source: string; readonly folder: string };

/**
 * Finds a side, and puts it together in `scratch` where it is to be synthesized.
 * @param source a `cdk.tf.json`, a folder with a project, or a commit of the project's repository such as `origin/main`
 * @throws UserError when there is no such source, or it holds no Sluice
 */
export function openSide(source: string, { project, scratch, file }: SideOptions): Side {
  const path = resolve(project, source);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isFile()) return { source, stack: readStack(path) };
  if (there?.isDirectory()) copyFolder(path, scratch, file);
  else checkOut(source, project, scratch);
  if (!existsSync(join(scratch, "package.json"))) {
    throw new UserError(
      `${source} holds no Sluice: it has no package.json`,
      "compare with a commit that does",
    );
  }
  return { source, folder: scratch };
}

/**
 * Synthesizes a side with its own code. Its environment holds no credential, and nothing outside its folder is written.
 * @param file its platform file, relative to the side; undefined for the one that it finds itself
 * @throws UserError when it cannot be synthesized
 */
export function synthesizeSide(side: Side, project: string, file: string | undefined): StackJson {
  if ("stack" in side) return side.stack;
  const { source, folder } = side;
  const setting: Record<string, string> = file === undefined ? {} : { SLUICE_CONFIG: file };
  install(source, project, folder);
  run(source, folder, "synthesized", ["run", "--silent", "synth"], setting);
  const stack = join(folder, "cdktf.out/stacks", PLATFORM_STACK, "cdk.tf.json");
  if (!existsSync(stack)) {
    throw new UserError(
      `${source} cannot be synthesized: its main.ts ended without an error and without a cdk.tf.json`,
      "see what it does: npm run synth",
    );
  }
  const coder = join(folder, "cdktf.out/stacks", CODER_STACK, "cdk.tf.json");
  return existsSync(coder) ? withCoder(readStack(stack), readStack(coder)) : readStack(stack);
}

/** Both stacks as one: their resources have different types, their variables and outputs different names. */
function withCoder(platform: StackJson, coder: StackJson): StackJson {
  const { terraform, ...sections } = coder;
  const all: Record<string, unknown> = { ...platform, "coder.terraform": terraform };
  for (const [section, members] of Object.entries(sections)) {
    all[section] = { ...(platform[section] as object | undefined), ...(members as object) };
  }
  return all as StackJson;
}

function readStack(file: string): StackJson {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as StackJson;
  } catch (cause) {
    throw new UserError(
      `${file} is not JSON (${(cause as Error).message})`,
      "give the cdk.tf.json that `npm run synth` writes",
    );
  }
}

/** What git would commit of a folder, and its platform file also where git ignores it. */
function copyFolder(folder: string, scratch: string, platformFile: string): void {
  let files: string[];
  try {
    const list = git(folder, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    files = list.toString("utf8").split("\0");
  } catch {
    throw new UserError(
      `${folder} is in no git repository`,
      "give a folder with a checkout, a commit, or a cdk.tf.json",
    );
  }
  for (const file of new Set([...files, platformFile])) {
    // Installed anew; where node_modules is a link, git does not take it for the ignored folder.
    if (file === "" || file === "node_modules" || !existsSync(join(folder, file))) continue;
    mkdirSync(dirname(join(scratch, file)), { recursive: true });
    cpSync(join(folder, file), join(scratch, file), { recursive: true });
  }
}

function checkOut(ref: string, project: string, scratch: string): void {
  let commit: string;
  try {
    commit = git(project, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`])
      .toString("utf8")
      .trim();
  } catch {
    throw new UserError(
      `${ref} is neither a file, a folder nor a commit`,
      `give a commit that is here (git fetch origin), such as origin/main, a folder, or a cdk.tf.json`,
    );
  }
  const archive = git(project, ["archive", "--format=tar", commit]);
  execFileSync("tar", ["-x", "-C", scratch], { input: archive, stdio: ["pipe", "ignore", "pipe"] });
}

function git(cwd: string, args: readonly string[]): Buffer {
  return execFileSync("git", args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
}

/** The project's own dependencies, where the side has the same lock file; else its own ones. */
function install(source: string, project: string, scratch: string): void {
  const lock = (folder: string) => {
    const file = join(folder, "package-lock.json");
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  const modules = join(project, "node_modules");
  if (lock(scratch) !== undefined && lock(scratch) === lock(project) && existsSync(modules)) {
    symlinkSync(modules, join(scratch, "node_modules"));
    return;
  }
  run(source, scratch, "installed", [
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
  ]);
}

function run(
  source: string,
  scratch: string,
  what: string,
  args: readonly string[],
  setting: Readonly<Record<string, string>> = {},
): void {
  // No credential of the environment reaches the code of a side, and no setting of it decides what is compared.
  const names = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "npm_config_cache",
    "npm_config_registry",
    "NODE_EXTRA_CA_CERTS",
    "HTTPS_PROXY",
    "NO_PROXY",
  ];
  const env = Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  try {
    execFileSync("npm", args, {
      cwd: scratch,
      env: { ...env, CI: "1", ...setting },
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    const reason = `${stdout}${stderr}`.trim() || (cause as Error).message;
    throw new UserError(
      `${source} cannot be ${what}:\n${quoted(reason.slice(-4_000).replaceAll(scratch, "."))}`,
    );
  }
}

/** What the code of a side has written: neither a terminal nor a runner, which takes lines that begin with `::`, obeys it. */
function quoted(text: string): string {
  return (
    stripColours(text)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g, " ")
      .replaceAll("##[", "## [")
      .split("\n")
      .map((line) => `  | ${line}`.trimEnd())
      .join("\n")
  );
}
