import { type Stats, statSync } from "node:fs";
import type { PlatformConfig } from "../../constructs/config/schema";
import { docker } from "../docker/docker";
import { UserError } from "../terminal/user-error";

/** Where the socket is on machines that nobody has set up otherwise, and in the virtual machine of a desktop. */
const USUAL = "/var/run/docker.sock";
/** The image may have to be pulled. */
const PROBE_TIMEOUT_MS = 10 * 60_000;

/** The socket of the engine, as containers of that engine get it. */
export interface DockerSocket {
  /** On the engine's machine. */
  readonly path: string;
  /** Number of its group in a container. */
  readonly group: string;
}

/**
 * Finds the socket. One on this machine is looked at; a desktop's is root's in every container; of any other a container that is thrown
 * away tells.
 * @param images what such a container may run
 * @throws UserError when the engine does not answer, or has no socket there
 */
export async function findDockerSocket(
  images: PlatformConfig["images"],
  env: NodeJS.ProcessEnv = process.env,
): Promise<DockerSocket> {
  const [info, endpoint] = await Promise.all([
    docker(["info", "--format", "{{json .}}"], { env }),
    docker(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], { env }),
  ]);
  const { OperatingSystem, SecurityOptions } = JSON.parse(info) as {
    OperatingSystem: string;
    SecurityOptions: string[] | null;
  };
  if (OperatingSystem === "Docker Desktop") return { path: USUAL, group: "0" };
  const isMapped = (SecurityOptions ?? []).some((option) => /^name=(rootless|userns)\b/.test(option));
  const local = process.platform === "linux" ? /^unix:\/\/(.+)$/.exec(endpoint.trim())?.[1] : undefined;
  const path = local ?? USUAL;
  const stats = local === undefined ? undefined : statOf(local);
  if (stats?.isSocket() && !isMapped) return { path, group: String(stats.gid) };
  return { path, group: await askContainer(path, images, env) };
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

async function askContainer(
  path: string,
  images: PlatformConfig["images"],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { node = "", coder = node } = images;
  const isThere = await docker(["image", "inspect", coder], { env }).then(
    () => true,
    () => false,
  );
  const mount = `type=bind,source=${path},target=/docker.sock,readonly`;
  const options = ["--network", "none", "--user", "0", "--entrypoint", "stat", "--mount", mount];
  try {
    const args = ["run", "--rm", ...options, isThere ? coder : node, "-c", "%F %g", "/docker.sock"];
    const [, group] =
      /^socket (\d+)$/.exec((await docker(args, { env, timeoutMs: PROBE_TIMEOUT_MS })).trim()) ?? [];
    if (group !== undefined) return group;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw noSocket(path, error.problem);
  }
  throw noSocket(path, "what is there is no socket");
}

function noSocket(path: string, reason: string): UserError {
  return new UserError(
    `Coder makes workspaces through the engine's socket, and the engine has none at ${path} (${reason})`,
    "let the engine listen on that socket as well; or leave Coder out: coder.enabled: false in platform.yaml",
  );
}
