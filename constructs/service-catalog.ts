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

/** Settings of `images` → their defaults: what is pulled from a registry. */
export const BASE_IMAGES: Readonly<Record<string, string>> = {
  node: NODE_IMAGE,
  ...Object.fromEntries(
    SERVICES.flatMap((service) =>
      "reference" in service.image ? [[settingName(service), service.image.reference]] : [],
    ),
  ),
};
