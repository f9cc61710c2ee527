import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { contentHash } from "../../../constructs/content-hash";
import { DEBIAN_IMAGE, NODE_IMAGE, WORKSPACE } from "../../../constructs/service-catalog";
import { serviceInputs } from "../../../constructs/service-inputs";
import { docker } from "../applied/docker";
import { removeOldImages } from "../applied/old-images";
import { PROJECT } from "../source-files";

const REPOSITORY = "sluice-tests/workspace";
/** The first build compiles code-server. */
const BUILD_MS = 40 * 60_000;

/**
 * Builds the image of workspaces as a deployment does, with an extension that the build downloads from this process.
 * @returns its name
 */
export async function buildWorkspaceImage(vsix: Buffer): Promise<string> {
  const { dockerfile, inputs } = serviceInputs(WORKSPACE);
  const sha256 = createHash("sha256").update(vsix).digest("hex");
  const image = `${REPOSITORY}:${contentHash(PROJECT, [dockerfile, ...inputs], { sha256 })}`;
  if (docker("images", "--quiet", image).trim() !== "") return image;

  const server = createServer((_, response) => response.end(vsix)).listen(0, "0.0.0.0");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const host = docker(
    "network",
    "inspect",
    "bridge",
    "--format",
    "{{(index .IPAM.Config 0).Gateway}}",
  ).trim();
  const values = {
    NODE_IMAGE,
    DEBIAN_IMAGE,
    EXTENSION_URL: `http://${host}:${port}/extension.vsix`,
    EXTENSION_SHA256: sha256,
  };
  const buildArguments = Object.entries(values).flatMap(([name, value]) => [
    "--build-arg",
    `${name}=${value}`,
  ]);
  try {
    await promisify(execFile)(
      "docker",
      ["build", "--quiet", ...buildArguments, "--tag", image, "--file", join(PROJECT, dockerfile), PROJECT],
      { timeout: BUILD_MS, maxBuffer: 64 * 1024 * 1024 },
    );
  } finally {
    server.close();
  }
  removeOldImages(REPOSITORY);
  return image;
}
