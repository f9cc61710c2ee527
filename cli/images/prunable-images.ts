import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { SERVICES, WORKSPACE } from "../../constructs/service-catalog";
import { docker } from "../docker/docker";
import { containersWhere } from "../docker/objects";
import { parseSize } from "../docker/size";
import type { RecordedPlatform } from "../status/recorded-state";

/** A name of an image of this platform that nothing needs any more. */
export interface PrunableImage {
  readonly id: string;
  /** Name with its tag, or its id when it has lost its name. */
  readonly reference: string;
  /** Bytes that only this image takes. */
  readonly uniqueBytes: number;
  /** Other names of the same image that stay, and the image with them. */
  readonly heldBy: readonly string[];
  readonly created: string;
}

/** Label that the Dockerfiles of our services give their images. */
const SERVICE_LABEL = "sluice.service";
/** As `contentHash` makes them. */
const TAG = /^[0-9a-f]{12}$/;
const SIZES_MS = 60_000;

const Image = z.object({
  ID: z.string(),
  Repository: z.string(),
  Tag: z.string(),
  UniqueSize: z.string(),
  CreatedAt: z.string(),
});

/**
 * Images that this platform built, and that neither a container of this engine, nor the deployment, nor the one that a rollback would go back
 * to uses. Images that have lost their name count when their label says that they are ours.
 * @param home whose `deployed/` holds the stack for a rollback
 * @param ofWorkspaces whether former images of workspaces count: no container says that a stopped workspace wants to start with one
 * @throws UserError when the engine cannot be asked
 */
export async function prunableImages(
  platform: string,
  recorded: Pick<RecordedPlatform, "images">,
  home: string,
  { ofWorkspaces = false }: { readonly ofWorkspaces?: boolean } = {},
): Promise<PrunableImage[]> {
  const [sizes, used, nameless] = await Promise.all([
    docker(["system", "df", "--verbose", "--format", "{{json .}}"], { timeoutMs: SIZES_MS }),
    usedImages(),
    docker([
      "image",
      "ls",
      "--quiet",
      "--no-trunc",
      "--filter=dangling=true",
      `--filter=label=${SERVICE_LABEL}`,
    ]),
  ]);
  const { Images: images } = z.object({ Images: z.array(Image) }).parse(JSON.parse(sizes));
  const namelessOurs = new Set(nameless.split("\n").filter(Boolean));
  const names = [...SERVICES.map(({ name }) => name), ...(ofWorkspaces ? [WORKSPACE] : [])];
  const repositories = names.map((name) => `${platform}/${name}`);
  const needed = new Set([...used, ...recorded.images, ...imagesForRollback(home)]);
  const all = images.map(({ ID: id, Repository, Tag, UniqueSize, CreatedAt }) => ({
    id,
    isOurs: (repositories.includes(Repository) && TAG.test(Tag)) || namelessOurs.has(id),
    reference: Tag === "<none>" ? id : `${Repository}:${Tag}`,
    uniqueBytes: parseSize(UniqueSize) ?? 0,
    created: CreatedAt,
  }));
  const isPrunable = ({ id, isOurs, reference }: (typeof all)[number]) =>
    isOurs && !needed.has(id) && !needed.has(reference);
  return all
    .filter(isPrunable)
    .map(({ id, reference, uniqueBytes, created }) => ({
      id,
      reference,
      uniqueBytes,
      created,
      heldBy: all.filter((one) => one.id === id && !isPrunable(one)).map((one) => one.reference),
    }))
    .sort((a, b) => a.reference.localeCompare(b.reference));
}

/** Of all containers, whosever they are: stopped ones want to start again. */
async function usedImages(): Promise<string[]> {
  return (await containersWhere()).map(({ Image: image }) => image);
}

/** Every id and name of an image that is written there, in whatever form. */
function imagesForRollback(home: string): string[] {
  const folder = join(home, "deployed");
  let files: string[];
  try {
    files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
  return files
    .filter((file) => file.endsWith(".json"))
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .flatMap((text) => text.match(/sha256:[0-9a-f]{64}|[a-z0-9-]+\/[a-z-]+:[0-9a-f]{12}/g) ?? []);
}
