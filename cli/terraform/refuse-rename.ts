import { existingVolumes } from "../docker/objects";
import { UserError } from "../terminal/user-error";
import type { ExistingPlatform } from "./refuse-new-secrets";

/**
 * Refuses a `name` that is not the one whose data the home has: containers and volumes have the platform's name, so all
 * of them would be created again, empty. After a destroy another name is fine when its data volumes are there
 * (copies of the old ones, docs/operations.md), or the old ones are gone.
 * @param file the platform file, as errors name it
 * @throws UserError
 */
export async function refuseRename(
  { home, deployed, last, planned }: ExistingPlatform,
  file: string,
): Promise<void> {
  if (last === undefined || last.name === planned.name) return;
  const isDeployed = deployed !== undefined;
  // While it is deployed no copy of the volumes can be whole.
  if (!isDeployed && (await isMoved(last.dataVolumes, planned.dataVolumes))) return;
  const state = isDeployed ? "is deployed" : "has left its data";
  throw new UserError(
    `${file} says name: ${planned.name}, but ${last.name} ${state} (home ${home}). ${planned.name} would begin with empty data: it does not find ${last.dataVolumes.join(", ")}`,
    `write name: ${last.name} again. To have ${planned.name} beside it, give it a home of its own: SLUICE_HOME=.sluice-${planned.name}. To rename ${last.name} with its data, see "Rename a platform" in docs/operations.md. To end ${last.name}: npm run destroy, with -- --volumes if its data may go`,
  );
}

/** @throws UserError when the engine cannot be asked: then nobody knows, and nothing may be risked */
async function isMoved(old: readonly string[], planned: readonly string[]): Promise<boolean> {
  const [left, there] = await Promise.all([existingVolumes(old), existingVolumes(planned)]);
  return left.length === 0 || there.length === planned.length;
}
