import { resolve } from "node:path";
import { contentHash } from "./content-hash";

/**
 * Files that decide the image of one of our services: the Dockerfile, its sources, and the locked dependencies. Not the rules
 * in `prompts/`, which the gateway's image has for whoever runs it alone: a platform delivers its own, and an edit of them must not replace the container.
 */
export function serviceInputs(service: string): { dockerfile: string; inputs: string[] } {
  return {
    dockerfile: `services/${service}/Dockerfile`,
    inputs: [
      ".dockerignore",
      "package.json",
      "package-lock.json",
      "tsconfig.json",
      "bindings/coder/package.json",
      "bindings/coderd/package.json",
      "services/shared",
      `services/${service}`,
    ],
  };
}

/** Tag that this checkout gives the image of one of our services; see `ContainerImage.built`. */
export function serviceTag(service: string): string {
  const { dockerfile, inputs } = serviceInputs(service);
  return contentHash(resolve(__dirname, ".."), [dockerfile, ...inputs]);
}
