import type { PlatformConfig } from "../../constructs/config/schema";
import { docker } from "../docker/docker";
import { inspectObjects } from "../docker/objects";
import type { Progress } from "../terminal/progress";
import { nameOf, type PlannedChange } from "../terraform/planned-changes";
import type { Finding } from "./finding";
import { imagePath } from "./setting-path";

/** A slow registry may take its time, in milliseconds. */
const PULL_TIMEOUT_MS = 30 * 60_000;

/** Pulls the images that the plan needs, that are not built here and that the engine does not have. */
export async function pullImages(
  images: PlatformConfig["images"],
  changes: readonly PlannedChange[],
  progress: Progress,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const reference of pulledImages(changes)) {
    if ((await inspectObjects("image", [reference])).length > 0) continue;
    const path = imagePath(images, reference);
    try {
      await progress.step(`Pulling ${reference}`, () =>
        docker(["pull", "--quiet", reference], { timeoutMs: PULL_TIMEOUT_MS }),
      );
    } catch (error) {
      findings.push({
        ...(path === undefined ? {} : { path }),
        problem: `${reference} is not in the engine's images and cannot be pulled (${(error as Error).message})`,
        allowed: "an image that the engine has, or that a registry gives it",
        remedy:
          "correct the reference, log in to its registry (docker login), or load the image (docker load)",
      });
    }
  }
  return findings;
}

/** References of images that are made by the plan and not built. */
function pulledImages(changes: readonly PlannedChange[]): string[] {
  return changes
    .filter(({ type, actions }) => type === "docker_image" && actions.includes("create"))
    .filter(({ after }) => !isBuilt(after))
    .map(({ after }) => nameOf(after));
}

/** Whether an image's resource is built from a Dockerfile. */
export function isBuilt(after: PlannedChange["after"]): boolean {
  return Array.isArray(after?.["build"]) && after["build"].length > 0;
}
