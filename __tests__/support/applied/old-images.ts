import { docker } from "./docker";

/** Each state of the sources has an image of its own: the last few are kept, for those who switch between branches. */
const KEPT_IMAGES = 4;

/** Removes all but the newest images that tests have built under this name. */
export function removeOldImages(repository: string): void {
  // Newest first.
  const images = docker("images", "--format", "{{.Repository}}:{{.Tag}}", repository).trim().split("\n");
  for (const image of images.slice(KEPT_IMAGES)) {
    try {
      docker("image", "rm", image);
    } catch {
      // A container of another run stands on it: it goes the next time.
    }
  }
}
