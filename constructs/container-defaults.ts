import type { Construct } from "constructs";

/** What all containers of one platform share. */
export interface ContainerDefaults {
  /** Prefix of container names. */
  readonly prefix: string;
  /** Address of this host that published ports listen on. */
  readonly publishAddress: string;
  /** Log rotation: size of one file in megabytes. */
  readonly logMegabytes: number;
  /** Log rotation: number of files. */
  readonly logFiles: number;
}

const KEY = "sluice:container-defaults";

/** Sets the defaults for everything below `scope`. Call it before the first child is made. */
export function setContainerDefaults(scope: Construct, defaults: ContainerDefaults): void {
  scope.node.setContext(KEY, defaults);
}

/** @throws Error when no ancestor of `scope` has set defaults. */
export function containerDefaults(scope: Construct): ContainerDefaults {
  const defaults: unknown = scope.node.tryGetContext(KEY);
  if (defaults === undefined) {
    throw new Error(`${scope.node.path}: no container defaults; call setContainerDefaults() on an ancestor`);
  }
  return defaults as ContainerDefaults;
}
