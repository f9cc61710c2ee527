import { Construct } from "constructs";
import type { PlatformConfig } from "./config/schema";
import { ContainerImage } from "./container-image";
import { type SERVICES, serviceInputs } from "./service-inputs";

/** The images of the platform: base images from a registry, services built here on top of `node`. */
export function platformImages(scope: Construct, { name, images }: PlatformConfig) {
  const folder = new Construct(scope, "images");
  const node = ContainerImage.pulled(folder, "node", images.node);
  const service = (directory: (typeof SERVICES)[number]) =>
    ContainerImage.built(folder, directory, {
      repository: `${name}/${directory}`,
      base: node,
      ...serviceInputs(directory),
    });
  return {
    postgres: ContainerImage.pulled(folder, "postgres", images.postgres),
    redis: ContainerImage.pulled(folder, "redis", images.redis),
    gateway: service("gateway"),
    keyProvisioner: service("key-provisioner"),
    workspaceFirewall: () => service("workspace-firewall"),
  };
}
