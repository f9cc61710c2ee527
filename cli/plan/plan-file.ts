import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "sluice-plan-";

/** Where Linux keeps files in memory. */
const MEMORY_FOLDER = "/dev/shm";

/**
 * Gives `work` the path of a file for a plan, which holds secrets in the clear: in a folder of its own (0700), in memory where
 * the system has such a place, gone when `work` ends. What a killed process left is removed at the next call.
 */
export async function withPlanFile<T>(work: (file: string) => Promise<T>): Promise<T> {
  const root = existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir();
  removeStale(root);
  const folder = mkdtempSync(join(root, `${PREFIX}${process.pid}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Also when something ends the process from within, such as a second Ctrl-C.
  process.once("exit", remove);
  try {
    return await work(join(folder, "plan"));
  } finally {
    remove();
    process.off("exit", remove);
  }
}

function removeStale(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(join(root, name), { recursive: true, force: true });
    } catch {
      // Of another user: theirs to remove.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
