import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isAlive, startMark } from "../local/process-identity";
import { sluiceHome, stateFolder } from "../sluice-home";
import { outputFolder, removeCdktfPlans } from "../stack-folder";
import { UserError } from "../terminal/user-error";

/**
 * Runs `work` with the name of a plan file. Plans hold secrets in the clear: this one lies in a folder of the process's own
 * that is closed to others, and is gone when `work` ends. What a killed process leaves is removed when the next command starts.
 * @param home the folder of secrets and state
 */
export async function withPlanFile<T>(home: string, work: (file: string) => Promise<T>): Promise<T> {
  const isNewHome = !existsSync(home);
  const plans = plansFolder(home);
  const own = join(plans, `${process.pid}-${markOf(process.pid)}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  for (const folder of [plans, own]) chmodSync(folder, 0o700);
  try {
    return await work(join(own, "platform.tfplan"));
  } finally {
    rmSync(own, { recursive: true, force: true });
    for (const empty of isNewHome ? [plans, home] : [plans]) removeIfEmpty(empty);
  }
}

/**
 * Removes plans that nothing uses any more: those of our processes that are gone, and the one that `cdktf diff` leaves.
 * The plan of a deploy that runs, or waits for its answer, stays.
 * @throws UserError when one cannot be removed
 */
export function removeStalePlans(env: NodeJS.ProcessEnv = process.env): void {
  const home = sluiceHome(env);
  const plans = plansFolder(home);
  removeOfDead(plans, /^(\d+)-(\w*)$/);
  removeIfEmpty(plans);
  // Where they were before 0.2.
  removeOfDead(stateFolder(home), /^deploy-(\d+)\.tfplan$/);
  removeCdktfPlans(outputFolder(env));
}

function plansFolder(home: string): string {
  return join(home, "plans");
}

function removeOfDead(folder: string, pattern: RegExp): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const [, pid, mark] = pattern.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid), mark)) continue;
    const path = join(folder, name);
    try {
      rmSync(path, { recursive: true, force: true });
    } catch (cause) {
      throw new UserError(
        `an old plan, which holds secrets, cannot be removed: ${path} (${(cause as NodeJS.ErrnoException).code})`,
        "remove it as the user who made it",
      );
    }
  }
}

/** Another process may have the number by now; the mark tells. */
function isRunning(pid: number, mark: string | undefined): boolean {
  return isAlive(pid) && (mark === undefined || mark === markOf(pid));
}

function markOf(pid: number): string {
  return (startMark(pid) ?? "").replaceAll(/\W/g, "");
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody's plan is in it, or it is not there.
  }
}
