import { resolve } from "node:path";
import { contentHash } from "./content-hash";

/** Services whose images are built here. Folders below `services/`, and the last part of the images' names. */
export const SERVICES = ["gateway", "key-provisioner", "workspace-firewall"] as const;

/** What a service's image holds besides its own sources. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  gateway: ["prompts/standard.md", "prompts/design-first.md"],
};

/** Files that decide the image of one of our services: the Dockerfile, its sources, and the locked dependencies. */
export function serviceInputs(service: string): { dockerfile: string; inputs: string[] } {
  return {
    dockerfile: `services/${service}/Dockerfile`,
    inputs: [
      ".dockerignore",
      "package.json",
      "package-lock.json",
      "tsconfig.json",
      "bindings/coderd/package.json",
      "services/shared",
      `services/${service}`,
      ...(MORE[service] ?? []),
    ],
  };
}

/** Tag that this checkout gives the image of one of our services; see `ContainerImage.built`. */
export function serviceTag(service: string): string {
  const { dockerfile, inputs } = serviceInputs(service);
  return contentHash(resolve(__dirname, ".."), [dockerfile, ...inputs]);
}
