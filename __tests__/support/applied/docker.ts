import { spawnSync } from "node:child_process";

/** What `docker inspect` says of a container, as far as tests look. */
export interface Inspected {
  readonly Id: string;
  readonly Args: string[];
  readonly State: {
    readonly Pid: number;
    readonly Running: boolean;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: {
    readonly Image: string;
    readonly User: string;
    readonly Cmd: string[] | null;
    readonly Labels: Record<string, string>;
  };
  readonly HostConfig: {
    readonly CapAdd: string[] | null;
    readonly CapDrop: string[] | null;
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly ReadonlyRootfs: boolean;
    readonly SecurityOpt: string[] | null;
    readonly LogConfig: { readonly Config: Record<string, string> };
    readonly PortBindings: Record<string, { HostIp: string; HostPort: string }[]> | null;
  };
  readonly NetworkSettings: {
    readonly Networks: Record<string, { readonly IPAddress: string; readonly Gateway: string }>;
  };
}

/**
 * Runs the docker command line.
 * @throws Error with its output when it fails.
 */
export function docker(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("docker", args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`docker ${args[0]} ${args[1] ?? ""} failed: ${stderr || stdout}`);
  return stdout;
}

/** Both streams of a container's log. */
export function logsOf(container: string): string {
  const { stdout, stderr } = spawnSync("docker", ["logs", container], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout + stderr;
}

/** Names of all containers, also stopped ones, whose name starts with `prefix`. */
export function containersOf(prefix: string): string[] {
  return docker("ps", "--all", "--format", "{{.Names}}")
    .split("\n")
    .filter((name) => name.startsWith(prefix))
    .sort();
}

/** The engine's own view of a container. */
export function inspect(container: string): Inspected {
  const [found] = JSON.parse(docker("inspect", container)) as Inspected[];
  if (found === undefined) throw new Error(`no container ${container}`);
  return found;
}

/** Removes every container on a network with its volumes: workspaces have names of their own, and are found by nothing else. */
export function removeContainersOn(network: string): void {
  const mounts = '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}';
  const ids = docker("ps", "--all", "--quiet", "--filter", `network=${network}`).split("\n").filter(Boolean);
  const volumes = ids.flatMap((id) => docker("inspect", "--format", mounts, id).split("\n").filter(Boolean));
  for (const id of ids) docker("rm", "--force", "--volumes", id);
  for (const volume of new Set(volumes)) docker("volume", "rm", "--force", volume);
}
