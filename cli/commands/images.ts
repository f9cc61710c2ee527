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
  readonly workspaces?: boolean;
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
    .option("-y, --yes", "do not ask, for CI")
    .option("--dry-run", "only show what would be removed")
    .option(
      "--workspaces",
      "also former images of workspaces; one that was stopped with such an image starts again only after its update in Coder",
    )
    .action(prune);
}

async function prune({ yes = false, dryRun = false, workspaces = false }: PruneOptions): Promise<void> {
  const home = sluiceHome();
  await checkDockerEngine();
  // After a destroy none is deployed; what a container of another home still uses is kept all the same.
  const recorded = readRecordedPlatform(home);
  const name = recorded?.name ?? lastDeployed(home, undefined)?.name ?? platformName(recorded);
  const images = await prunableImages(name, recorded ?? { images: [] }, home, {
    ofWorkspaces: workspaces,
  });
  if (images.length === 0) {
    console.log("Nothing to remove: every image that the platform built is in use.");
    return;
  }
  console.log(table(images));
  const { count, freed } = total(images);
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

/** An image with several names is one; one that keeps another name stays, and frees nothing. */
export function total(images: readonly PrunableImage[]): { readonly count: string; readonly freed: string } {
  const going = new Map(images.filter(({ heldBy }) => heldBy.length === 0).map((one) => [one.id, one]));
  const held = images.filter(({ heldBy }) => heldBy.length > 0).length;
  const bytes = [...going.values()].reduce((sum, { uniqueBytes }) => sum + uniqueBytes, 0);
  const counts = [
    ...(going.size > 0 ? [`${going.size} ${going.size === 1 ? "image" : "images"}`] : []),
    ...(held > 0 ? [`${held} ${held === 1 ? "name" : "names"} of images that stay`] : []),
  ];
  return { count: counts.join(" and "), freed: bytes === 0 ? "nothing" : `about ${formatSize(bytes)}` };
}

function table(images: readonly PrunableImage[]): string {
  const width = Math.max(...images.map(({ reference }) => reference.length));
  return images
    .map(
      ({ reference, uniqueBytes, created, heldBy }) =>
        `  ${reference.padEnd(width)}  ${formatSize(heldBy.length > 0 ? 0 : uniqueBytes).padStart(8)}  built ${created.slice(0, 16)} UTC${heldBy.length > 0 ? `, stays as ${heldBy.join(", ")}` : ""}`,
    )
    .join("\n");
}
