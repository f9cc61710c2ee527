import { join } from "node:path";
import { contentHash } from "../../../constructs/content-hash";
import { NODE_IMAGE } from "../../../constructs/service-catalog";
import { serviceInputs } from "../../../constructs/service-inputs";
import { docker } from "../applied/docker";
import { PROJECT } from "../source-files";

const REPOSITORY = "sluice-tests/gateway";

/** Builds the gateway's image as a deployment does, unless these sources have been built already. @returns its name */
export function buildGatewayImage(): string {
  const { dockerfile, inputs } = serviceInputs("gateway");
  const image = `${REPOSITORY}:${contentHash(PROJECT, [dockerfile, ...inputs])}`;
  if (docker("images", "--quiet", image).trim() === "") {
    const options = ["--quiet", "--build-arg", `NODE_IMAGE=${NODE_IMAGE}`, "--tag", image];
    docker("build", ...options, "--file", join(PROJECT, dockerfile), PROJECT);
    removeOldImages();
  }
  return image;
}

/** Each state of the sources has an image of its own: the last few are kept, for those who switch between branches. */
const KEPT_IMAGES = 4;

function removeOldImages(): void {
  // Newest first.
  const images = docker("images", "--format", "{{.Repository}}:{{.Tag}}", REPOSITORY).trim().split("\n");
  for (const image of images.slice(KEPT_IMAGES)) {
    try {
      docker("image", "rm", image);
    } catch {
      // A container of another run stands on it: it goes the next time.
    }
  }
}
