import { existsSync, lstatSync, readdirSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { ConfigError } from "./config-error";
import { didYouMean } from "./nearest";

/** Name of the file that declares a platform. */
const OWN = "platform.yaml";
const EXAMPLE = "platform.example.yaml";

/** Where the configuration is looked for. */
export interface PlatformFileOptions {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder of the project. */
  readonly project?: string;
  /**
   * Whether the example will do where nobody has written a file: for what runs on this machine alone or only
   * synthesizes, never for what plans, changes or removes a platform. @default false
   */
  readonly mayUseExample?: boolean;
}

/**
 * The configuration in force: the file named by SLUICE_CONFIG, else `platform.yaml`, else, where that will do,
 * `platform.example.yaml`, all relative to the project.
 * @throws ConfigError where the file that is meant is not there, or has a name under which it would be overlooked
 */
export function platformFile({
  env = process.env,
  project = resolve(__dirname, "../.."),
  mayUseExample = false,
}: PlatformFileOptions = {}): string {
  const chosen = env["SLUICE_CONFIG"];
  if (chosen) return chosenFile(chosen, resolve(project, chosen));
  refuseMisnamed(project);
  const own = join(project, OWN);
  // A link that leads nowhere is there as well: what it should lead to is missing, and reading it says so.
  if (lstatSync(own, { throwIfNoEntry: false }) !== undefined) return own;
  if (mayUseExample) return join(project, EXAMPLE);
  throw new ConfigError([
    {
      file: OWN,
      problem: "does not exist, so it is unknown which platform is meant",
      remedy: `cp ${EXAMPLE} ${OWN}, edit it and try again, or name another file with SLUICE_CONFIG`,
    },
  ]);
}

/** A platform file as messages name it: relative to the project where it lies in it, else the whole path, since all of them have one name. */
export function shownFile(path: string, project: string = resolve(__dirname, "../..")): string {
  const inside = relative(project, path);
  return inside.startsWith("..") || isAbsolute(inside) ? path : inside;
}

function chosenFile(chosen: string, path: string): string {
  if (existsSync(path)) return path;
  const folder = dirname(path);
  const others = existsSync(folder)
    ? readdirSync(folder).filter((name) => /\.ya?ml$/i.test(name) && name !== EXAMPLE)
    : [];
  const suggestion = didYouMean(path.slice(folder.length + 1), others);
  throw new ConfigError([
    {
      setting: "SLUICE_CONFIG",
      problem: `names ${chosen}, and there is no ${path}`,
      remedy: `${suggestion}correct it, or unset it to use ${OWN}`,
    },
  ]);
}

/** `platform.yml` would be overlooked, and another file planned in its place. */
function refuseMisnamed(project: string): void {
  const misnamed = readdirSync(project).find((name) => name !== OWN && /^platform\.ya?ml$/i.test(name));
  if (misnamed === undefined) return;
  const remedy = existsSync(join(project, OWN))
    ? `${OWN} is there as well: remove one of the two`
    : `mv ${misnamed} ${OWN}`;
  throw new ConfigError([
    {
      file: misnamed,
      problem: "a platform is not read from a file of this name",
      allowed: OWN,
      remedy: `${remedy}, or name it with SLUICE_CONFIG=${misnamed}`,
    },
  ]);
}
