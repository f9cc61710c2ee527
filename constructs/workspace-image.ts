import type { Construct } from "constructs";
import { containerDefaults } from "./container-defaults";
import { ContainerImage } from "./container-image";
import { WORKSPACE } from "./service-catalog";
import { baseImage, onceForPlatform } from "./service-image";
import { serviceInputs } from "./service-inputs";

/** An extension of the editor that the image has built in. */
export interface WorkspaceExtension {
  /** Where its VSIX is, for the build. */
  readonly url: string;
  /** SHA-256 of the VSIX, in hex. */
  readonly sha256: string;
}

/** Props of `workspaceImage`. */
export interface WorkspaceImageProps {
  /** @default - no extension besides those of code-server */
  readonly extension?: WorkspaceExtension | undefined;
}

/**
 * The image of workspaces, made once for each platform. No container of the platform runs it: its `reference`, which is known at synth, goes into
 * the template.
 *
 * @example
 * setContainerDefaults(stack, { prefix: "team", publishAddress: "127.0.0.1", logMegabytes: 10, logFiles: 3 });
 * workspaceImage(stack).reference; // team/workspace:4f0c…
 */
export function workspaceImage(scope: Construct, { extension }: WorkspaceImageProps = {}): ContainerImage {
  return onceForPlatform(scope, WORKSPACE, (folder) =>
    ContainerImage.built(folder, WORKSPACE, {
      repository: `${containerDefaults(scope).prefix}/${WORKSPACE}`,
      base: baseImage(scope, "node"),
      otherBases: { DEBIAN_IMAGE: baseImage(scope, "debian") },
      buildArguments:
        extension === undefined
          ? undefined
          : { EXTENSION_URL: extension.url, EXTENSION_SHA256: extension.sha256 },
      ...serviceInputs(WORKSPACE),
    }),
  );
}
