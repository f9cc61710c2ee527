import type { PlatformConfig } from "../../constructs/config/schema";

/** Setting with the limits of a container: `sluice-key-provisioner` → `resources.keyProvisioner`. */
export function resourcePath(platform: string, container: string): string {
  const service = container.slice(platform.length + 1);
  return `resources.${service.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
}

/** Setting with a published port; undefined when none has it. */
export function portPath(ports: PlatformConfig["ports"], port: number): string | undefined {
  const name = Object.entries(ports).find(([, value]) => value === port)?.[0];
  return name === undefined ? undefined : `ports.${name}`;
}

/** Setting with an image's reference; undefined for one that is built here. */
export function imagePath(images: PlatformConfig["images"], reference: string): string | undefined {
  const name = Object.entries(images).find(([, value]) => value === reference)?.[0];
  return name === undefined ? undefined : `images.${name}`;
}

/** Setting with a network's subnet: `sluice-edge` → `networks.edge.subnet`. */
export function subnetPath(platform: string, network: string): string {
  return `networks.${network.slice(platform.length + 1)}.subnet`;
}
