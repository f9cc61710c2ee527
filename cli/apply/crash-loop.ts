import { setTimeout as sleep } from "node:timers/promises";
import { type EngineContainer, platformContainers } from "../docker/objects";

/** How often to look, in milliseconds. */
const INTERVAL_MS = 2_000;
/** A container that the engine has started again this often does not come up by waiting. */
const RESTARTS = 5;

/**
 * Watches the containers that an apply makes. Terraform waits two minutes for one that ends again and again, and the platform is away
 * for as long.
 * @param known ids of containers that were there before
 * @param ended ends the watch
 * @returns the container that does not come up; undefined when the watch has ended
 */
export async function findCrashLoop(
  platform: string,
  known: ReadonlySet<string>,
  ended: AbortSignal,
): Promise<EngineContainer | undefined> {
  while (!ended.aborted) {
    // A question that fails says nothing about the containers.
    const containers = await platformContainers(platform).catch(() => []);
    const looping = containers.find(({ Id, RestartCount }) => !known.has(Id) && RestartCount >= RESTARTS);
    if (looping !== undefined) return looping;
    await sleep(INTERVAL_MS, undefined, { signal: ended }).catch(() => {});
  }
  return undefined;
}
