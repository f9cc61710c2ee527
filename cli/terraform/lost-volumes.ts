import { existingVolumes } from "../docker/objects";
import type { LastDeployed } from "./last-deployed";

/**
 * Data volumes that the platform had and the engine has no more. A container that mounts one would get an empty one in its place,
 * made by the engine without a word.
 * @throws UserError when the engine cannot be asked
 */
export async function lostVolumes(last: LastDeployed | undefined): Promise<string[]> {
  const used = last?.usedVolumes ?? [];
  const there = await existingVolumes(used);
  return used.filter((name) => !there.includes(name));
}
