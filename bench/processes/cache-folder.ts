import { homedir } from "node:os";
import { join } from "node:path";

/** Where the bench keeps what takes long to make, in the user's cache folder. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg } = process.env;
  if (xdg) return join(xdg, "sluice", "bench");
  const base =
    process.platform === "darwin" ? join(homedir(), "Library", "Caches") : join(homedir(), ".cache");
  return join(base, "sluice", "bench");
}
