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
  /** Images in the place of the defaults, by their name under `images` in platform.yaml, such as `postgres` or `node`. @default - none */
  readonly images?: Readonly<Record<string, string>>;
}

const KEY = "sluice:container-defaults";

interface Platform {
  readonly root: Construct;
  readonly defaults: ContainerDefaults;
}

/** Sets the defaults for everything below `scope`. Call it before the first child is made. */
export function setContainerDefaults(scope: Construct, defaults: ContainerDefaults): void {
  scope.node.setContext(KEY, { root: scope, defaults } satisfies Platform);
}

/** @throws Error when no ancestor of `scope` has set defaults. */
export function containerDefaults(scope: Construct): ContainerDefaults {
  return platformOf(scope).defaults;
}

/** The ancestor of `scope` that has set the defaults: what it shares with its siblings is made there. @throws Error as above */
export function platformRoot(scope: Construct): Construct {
  return platformOf(scope).root;
}

function platformOf(scope: Construct): Platform {
  const platform: unknown = scope.node.tryGetContext(KEY);
  if (platform === undefined) {
    throw new Error(`${scope.node.path}: no container defaults; call setContainerDefaults() on an ancestor`);
  }
  return platform as Platform;
}
