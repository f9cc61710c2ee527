import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { constantName, type ServiceDefinition, settingName } from "./service-definition";

const FOLDER = join(__dirname, "services");

/** Every service there is, by name: each file of `services/` defines one, and needs to be named nowhere else. */
export const SERVICES: readonly ServiceDefinition[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ts"))
  .sort()
  .map(load);

function load(file: string): ServiceDefinition {
  const name = basename(file, ".ts");
  const definition: ServiceDefinition | undefined = require(join(FOLDER, file))[constantName(name)];
  if (definition?.name !== name) {
    throw new Error(
      `constructs/services/${file} must export ${constantName(name)}, the definition of ${name}`,
    );
  }
  return definition;
}

/** The image that our services are built from. An exact tag; `images.node` of platform.yaml names a mirror. */
export const NODE_IMAGE = "node:22.21.1-bookworm-slim";

/** What the image of workspaces stands on: Debian, or what is made from it, such as with an organisation's own tools. */
export const DEBIAN_IMAGE = "debian:12.12-slim";

/** Settings of `images` → their defaults: what is pulled from a registry. */
export const BASE_IMAGES: Readonly<Record<string, string>> = {
  node: NODE_IMAGE,
  debian: DEBIAN_IMAGE,
  ...Object.fromEntries(
    SERVICES.flatMap((service) =>
      "reference" in service.image ? [[settingName(service), service.image.reference]] : [],
    ),
  ),
};

/** Name of the image of workspaces, which no container of the platform runs: of its folder in `services/`, and the last part of its repository. */
export const WORKSPACE = "workspace";
