import { join } from "node:path";
import { contentHash } from "../../../constructs/content-hash";
import { IMAGES } from "../../../constructs/images";
import { serviceInputs } from "../../../constructs/service-inputs";
import { docker } from "../applied/docker";
import { PROJECT } from "../source-files";

/** Builds the gateway's image as a deployment does, unless these sources have been built already. @returns its name */
export function buildGatewayImage(): string {
  const { dockerfile, inputs } = serviceInputs("gateway");
  const image = `sluice-tests/gateway:${contentHash(PROJECT, [dockerfile, ...inputs])}`;
  if (docker("images", "--quiet", image).trim() === "") {
    const options = ["--quiet", "--build-arg", `NODE_IMAGE=${IMAGES.node}`, "--tag", image];
    docker("build", ...options, "--file", join(PROJECT, dockerfile), PROJECT);
  }
  return image;
}
