import { lstatSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { UserError } from "../terminal/user-error";
import { ACCEPT_LABEL } from "./format-review";

const OWN = "platform.yaml";
const EXAMPLE = "platform.example.yaml";
/** A file of this name is refused by the side itself, which says why. */
const MISNAMED = "platform.yml";

/** The platform file that both sides have, relative to each. */
export interface ComparedFile {
  readonly name: string;
  /** Whether SLUICE_CONFIG names it. */
  readonly isChosen: boolean;
}

/**
 * The file that SLUICE_CONFIG names, by its place in the checkout, else `platform.yaml`.
 * @throws UserError when it lies outside the project: no other side has it
 */
export function comparedFile(project: string, env: NodeJS.ProcessEnv = process.env): ComparedFile {
  const chosen = env["SLUICE_CONFIG"];
  if (!chosen) return { name: OWN, isChosen: false };
  const name = relative(project, resolve(project, chosen));
  if (name !== "" && name !== ".." && !name.startsWith(`..${sep}`) && !isAbsolute(name)) {
    return { name, isChosen: true };
  }
  throw new UserError(
    `SLUICE_CONFIG names ${chosen}, which is outside the checkout: the other side does not have it`,
    `name a file in the checkout, or unset SLUICE_CONFIG to compare ${OWN}`,
  );
}

/**
 * What the sides are to be told as SLUICE_CONFIG. The example counts where nobody has declared a platform yet: two folders without
 * `platform.yaml`.
 * @param folders of the sides that are synthesized
 * @returns undefined for what a side finds itself
 */
export function sidesConfig(
  { name, isChosen }: ComparedFile,
  folders: readonly string[],
): string | undefined {
  if (isChosen) return name;
  const isUndeclared =
    folders.length === 2 && !folders.some((folder) => has(folder, OWN) || has(folder, MISNAMED));
  return isUndeclared ? EXAMPLE : undefined;
}

/**
 * Checks that a side declares a platform, before its code runs.
 * @param config as `sidesConfig` gives it
 * @throws UserError when the file is missing
 */
export function checkDeclared(side: "base" | "head", folder: string, config: string | undefined): void {
  const name = config ?? OWN;
  if (has(folder, name) || (config === undefined && has(folder, MISNAMED))) return;
  const way =
    side === "head"
      ? "commit it: it names secrets and holds none"
      : `compare with a commit that has it, or, where this change is what brings it, give --${ACCEPT_LABEL}`;
  throw new UserError(
    `${name} is missing in ${side}`,
    config === undefined
      ? `${way}; another file is compared with SLUICE_CONFIG`
      : `${way}; or correct SLUICE_CONFIG`,
  );
}

function has(folder: string, name: string): boolean {
  return lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined;
}
