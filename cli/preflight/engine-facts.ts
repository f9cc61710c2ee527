import { statfs } from "node:fs/promises";
import { docker } from "../docker/docker";
import { type EngineContainer, type EngineNetwork, inspectObjects } from "../docker/objects";

/** What the engine can give. */
export interface EngineFacts {
  readonly version: string;
  /** Such as `1.41`. */
  readonly apiVersion: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** As Go has it, such as `amd64`. */
  readonly architecture: string;
  /** Whether root in a container is another user of its machine, by `userns-remap`. */
  readonly mapsUsers: boolean;
  /** Whether it runs on this machine, so that its ports and disk can be looked at from here. */
  readonly isLocal: boolean;
  /** Free space where it keeps images and volumes; undefined when it cannot be told. */
  readonly freeDiskBytes: number | undefined;
  readonly dataFolder: string;
  readonly runningContainers: readonly EngineContainer[];
  readonly networks: readonly EngineNetwork[];
}

/** Architectures of `uname` by their name in Go. */
const GO_NAMES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64", armv7l: "arm" };

/**
 * Asks the engine.
 * @throws UserError when it does not answer
 */
export async function readEngineFacts(env: NodeJS.ProcessEnv = process.env): Promise<EngineFacts> {
  const lines = (text: string) => text.split("\n").filter(Boolean);
  const [info, apiVersion, containers, networks] = await Promise.all([
    docker(["info", "--format", "{{json .}}"]),
    docker(["version", "--format", "{{.Server.APIVersion}}"]),
    docker(["ps", "--quiet", "--no-trunc"]),
    docker(["network", "ls", "--quiet", "--no-trunc"]),
  ]);
  const { ServerVersion, NCPU, MemTotal, DockerRootDir, Architecture, SecurityOptions } = JSON.parse(
    info,
  ) as {
    ServerVersion: string;
    NCPU: number;
    MemTotal: number;
    DockerRootDir: string;
    Architecture: string;
    SecurityOptions: string[] | null;
  };
  const isLocal = !env["DOCKER_CONTEXT"] && (env["DOCKER_HOST"] || "unix://").startsWith("unix://");
  return {
    version: ServerVersion,
    apiVersion: apiVersion.trim(),
    cpus: NCPU,
    memoryBytes: MemTotal,
    architecture: GO_NAMES[Architecture] ?? Architecture,
    mapsUsers: (SecurityOptions ?? []).some((option) => /^name=userns\b/.test(option)),
    isLocal,
    freeDiskBytes: isLocal ? await freeBytes(DockerRootDir) : undefined,
    dataFolder: DockerRootDir,
    runningContainers: await inspectObjects("container", lines(containers)),
    networks: await inspectObjects("network", lines(networks)),
  };
}

/** On a desktop the engine's folder is in a virtual machine and not here. */
async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
