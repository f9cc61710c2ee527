import { type ConfigPath, showPath } from "./config-path";

/** Settings that earlier versions had and nothing has ever read. A service that uses one brings it back. */
const REMOVED = ["admin", "images.redis", "resources.redis"];

/** Whether there was a setting at `path` in an earlier version. */
export function isRemoved(path: ConfigPath): boolean {
  return REMOVED.includes(showPath(path));
}
