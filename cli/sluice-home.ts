import { resolve } from "node:path";

/** Root of the project. */
export const PROJECT_ROOT = resolve(__dirname, "..");

/** Folder of secrets, state and local data: `.sluice` in the project, or SLUICE_HOME. Git ignores it. */
export function sluiceHome(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(PROJECT_ROOT, env["SLUICE_HOME"] || ".sluice");
}
