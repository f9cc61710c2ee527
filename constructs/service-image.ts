import { Construct } from "constructs";
import { containerDefaults, platformRoot } from "./container-defaults";
import { ContainerImage } from "./container-image";
import { BASE_IMAGES } from "./service-catalog";
import { type ServiceDefinition, settingName } from "./service-definition";
import { serviceInputs } from "./service-inputs";

/** The image of a service as it is defined, made once for each platform. */
export function serviceImage(scope: Construct, service: ServiceDefinition): ContainerImage {
  const { name, image } = service;
  if ("base" in image) return baseImage(scope, image.base);
  if ("reference" in image) return baseImage(scope, settingName(service), image.reference);
  return onceForPlatform(scope, name, (folder) =>
    ContainerImage.built(folder, name, {
      repository: `${containerDefaults(scope).prefix}/${name}`,
      base: baseImage(scope, "node"),
      ...serviceInputs(name),
    }),
  );
}

/** An image of a registry, by its name under `images` in platform.yaml, made once for each platform. @throws Error when there is no such name */
export function baseImage(scope: Construct, name: string, reference = BASE_IMAGES[name]): ContainerImage {
  const chosen = containerDefaults(scope).images?.[name] ?? reference;
  if (chosen === undefined) throw new Error(`there is no base image ${name}`);
  return onceForPlatform(scope, name, (folder) => ContainerImage.pulled(folder, name, chosen));
}

/** The image that `make` makes, or the one that it has made for this platform before. */
export function onceForPlatform(
  scope: Construct,
  id: string,
  make: (folder: Construct) => ContainerImage,
): ContainerImage {
  const root = platformRoot(scope);
  const folder = (root.node.tryFindChild("images") as Construct | undefined) ?? new Construct(root, "images");
  return (folder.node.tryFindChild(id) as ContainerImage | undefined) ?? make(folder);
}
