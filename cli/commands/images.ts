import type { Command } from "commander";
import { docker } from "../docker/docker";
import { formatSize } from "../docker/size";
import { type PrunableImage, prunableImages } from "../images/prunable-images";
import { sluiceHome } from "../sluice-home";
import { platformName } from "../status/platform-name";
import { readRecordedPlatform } from "../status/recorded-state";
import { confirm } from "../terminal/confirm";
import { checkDockerEngine } from "../terraform/docker-engine";
import { lastDeployed } from "../terraform/last-deployed";

interface PruneOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** `sluice images`: what the platform has built. */
export function registerImages(program: Command): void {
  program
    .command("images")
    .description("manage the images that the platform has built")
    .command("prune")
    .description(
      "remove images that this platform built and nothing needs any more; keeps what runs, what is deployed, what a rollback needs, base images and everybody else's",
    )
    .option("--yes", "do not ask, for CI")
    .option("--dry-run", "only show what would be removed")
    .action(prune);
}

async function prune({ yes = false, dryRun = false }: PruneOptions): Promise<void> {
  const home = sluiceHome();
  await checkDockerEngine();
  // After a destroy none is deployed; what a container of another home still uses is kept all the same.
  const recorded = readRecordedPlatform(home);
  const name = recorded?.name ?? lastDeployed(home, undefined)?.name ?? platformName(recorded);
  const images = await prunableImages(name, recorded ?? { images: [] }, home);
  if (images.length === 0) {
    console.log("Nothing to remove: every image that the platform built is in use.");
    return;
  }
  console.log(table(images));
  const freed = `about ${formatSize(images.reduce((sum, { uniqueBytes }) => sum + uniqueBytes, 0))}`;
  const count = `${images.length} ${images.length === 1 ? "image" : "images"}`;
  if (dryRun) {
    console.log(`\n${count} would be removed, ${freed} freed.`);
    return;
  }
  if (!yes && !(await confirm(`Remove ${count} and free ${freed}?`))) {
    console.log("Nothing was changed.");
    return;
  }
  // Without --force: an image that a container has come to use meanwhile stays.
  await docker(["image", "rm", ...images.map(({ reference }) => reference)], { timeoutMs: 120_000 });
  console.log(`\n${count} removed, ${freed} freed.`);
}

function table(images: readonly PrunableImage[]): string {
  const width = Math.max(...images.map(({ reference }) => reference.length));
  return images
    .map(
      ({ reference, uniqueBytes, created }) =>
        `  ${reference.padEnd(width)}  ${formatSize(uniqueBytes).padStart(8)}  built ${created.slice(0, 16)} UTC`,
    )
    .join("\n");
}
