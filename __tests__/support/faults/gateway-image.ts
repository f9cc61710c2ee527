import { join } from "node:path";
import { contentHash } from "../../../constructs/content-hash";
import { NODE_IMAGE } from "../../../constructs/service-catalog";
import { serviceInputs } from "../../../constructs/service-inputs";
import { docker } from "../applied/docker";
import { removeOldImages } from "../applied/old-images";
import { PROJECT } from "../source-files";

const REPOSITORY = "sluice-tests/gateway";

/** Builds the gateway's image as a deployment does, unless these sources have been built already. @returns its name */
export function buildGatewayImage(): string {
  const { dockerfile, inputs } = serviceInputs("gateway");
  const image = `${REPOSITORY}:${contentHash(PROJECT, [dockerfile, ...inputs])}`;
  if (docker("images", "--quiet", image).trim() === "") {
    const options = ["--quiet", "--build-arg", `NODE_IMAGE=${NODE_IMAGE}`, "--tag", image];
    docker("build", ...options, "--file", join(PROJECT, dockerfile), PROJECT);
    removeOldImages(REPOSITORY);
  }
  return image;
}
