import { PLATFORM_LABEL } from "../../constructs/engine-names";
import { docker } from "./docker";

/** A container as the engine describes it (`docker inspect`), as far as the commands look. */
export interface EngineContainer {
  readonly Id: string;
  /** With a leading slash. */
  readonly Name: string;
  readonly Created: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly StartedAt: string;
    /** `0001-01-01T00:00:00Z` before the first end. */
    readonly FinishedAt: string;
    readonly Health?: {
      readonly Status: "starting" | "healthy" | "unhealthy";
      readonly Log?: readonly { readonly End: string; readonly ExitCode: number; readonly Output: string }[];
    };
  };
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> | null };
  readonly HostConfig: {
    readonly RestartPolicy?: { readonly Name: string };
    readonly PortBindings: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[]>> | null;
  };
  readonly NetworkSettings: {
    readonly Networks: Readonly<
      Record<
        string,
        {
          readonly NetworkID: string;
          readonly IPAddress: string;
          readonly Aliases: string[] | null;
          /** What the container asked for. */
          readonly IPAMConfig: { readonly IPv4Address?: string } | null;
        }
      >
    >;
  };
}

/** A network as the engine describes it. `Containers` are those that run on it, by id. */
export interface EngineNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Internal: boolean;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly IPAM: {
    readonly Config: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null;
  };
  readonly Containers: Readonly<Record<string, { readonly Name: string }>> | null;
}

interface EngineObjects {
  container: EngineContainer;
  network: EngineNetwork;
  volume: { readonly Name: string; readonly Labels: Readonly<Record<string, string>> | null };
  image: {
    readonly Id: string;
    readonly RepoTags: readonly string[] | null;
    readonly Size: number;
    readonly Created: string;
  };
}

/**
 * What the engine knows of the named objects; those that do not exist are left out.
 * @throws UserError when the engine cannot be asked
 */
export async function inspectObjects<K extends keyof EngineObjects>(
  kind: K,
  names: readonly string[],
): Promise<EngineObjects[K][]> {
  const found = await Promise.all(
    names.map(async (name) => {
      try {
        return JSON.parse(await docker([kind, "inspect", name])) as EngineObjects[K][];
      } catch (error) {
        if (/no such/i.test((error as Error).message) || /not found/i.test((error as Error).message))
          return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

/** All containers that a filter of `docker ps` matches, such as `network=edge`; stopped ones as well. @param filter default: every container */
export async function containersWhere(filter?: string): Promise<EngineContainer[]> {
  const filters = filter === undefined ? [] : ["--filter", filter];
  const ids = await docker(["ps", "--all", "--quiet", "--no-trunc", ...filters]);
  return inspectObjects("container", ids.split("\n").filter(Boolean));
}

/** All containers of a platform, stopped ones as well, sorted by name. */
export async function platformContainers(platform: string): Promise<EngineContainer[]> {
  const containers = await containersWhere(`label=${PLATFORM_LABEL}=${platform}`);
  return containers.sort((a, b) => a.Name.localeCompare(b.Name));
}

/** A container's name as people write it. */
export function containerName({ Name }: Pick<EngineContainer, "Name">): string {
  return Name.replace(/^\//, "");
}

/** Of the volumes that are named, those that exist. */
export async function existingVolumes(names: readonly string[]): Promise<string[]> {
  return (await inspectObjects("volume", names)).map(({ Name }) => Name);
}
