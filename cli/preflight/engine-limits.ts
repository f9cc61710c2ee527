import type { PlannedChange } from "../terraform/planned-changes";
import type { EngineFacts } from "./engine-facts";
import type { Finding } from "./finding";
import { resourcePath } from "./setting-path";

/** Oldest API that the platform is known to work with: Docker Engine 20.10. */
const MINIMUM_API = [1, 41] as const;
const MEGABYTE = 1024 * 1024;
/** What building and unpacking our images takes, with room to spare. */
const MINIMUM_FREE_BYTES = 2 * 1024 * MEGABYTE;

/** The engine itself: version and disk. */
export function checkEngine({ version, apiVersion, freeDiskBytes, dataFolder }: EngineFacts): Finding[] {
  const findings: Finding[] = [];
  const [major = 0, minor = 0] = apiVersion.split(".").map(Number);
  if (major < MINIMUM_API[0] || (major === MINIMUM_API[0] && minor < MINIMUM_API[1])) {
    findings.push({
      problem: `the Docker engine is version ${version} with API ${apiVersion}`,
      allowed: `API ${MINIMUM_API.join(".")} or newer (Docker Engine 20.10)`,
      remedy: "update the engine",
    });
  }
  if (freeDiskBytes !== undefined && freeDiskBytes < MINIMUM_FREE_BYTES) {
    findings.push({
      problem: `the engine has ${Math.floor(freeDiskBytes / MEGABYTE)} MB of free disk in ${dataFolder}`,
      allowed: `${MINIMUM_FREE_BYTES / MEGABYTE} MB or more`,
      remedy: "free some space: docker system df shows what uses it",
    });
  }
  return findings;
}

/** Limits of containers that are more than the engine's machine has. */
export function checkLimits(
  platform: string,
  changes: readonly PlannedChange[],
  engine: EngineFacts,
): Finding[] {
  return changes.flatMap(({ type, after }) => {
    if (type !== "docker_container" || after === undefined) return [];
    const path = resourcePath(platform, String(after["name"]));
    const findings: Finding[] = [];
    const cpus = Number(after["cpus"] ?? 0);
    if (cpus > engine.cpus) {
      findings.push({
        path: `${path}.cpus`,
        problem: `is ${cpus}, and the engine's machine has ${engine.cpus}`,
        allowed: `0.1 to ${engine.cpus}`,
        remedy: "lower it, or leave it out for no limit",
      });
    }
    const memory = Number(after["memory"] ?? 0);
    const most = Math.floor(engine.memoryBytes / MEGABYTE);
    if (memory > most) {
      findings.push({
        path: `${path}.memoryMegabytes`,
        problem: `is ${memory}, and the engine's machine has ${most} MB`,
        allowed: `64 to ${most}`,
        remedy: "lower it",
      });
    }
    return findings;
  });
}
