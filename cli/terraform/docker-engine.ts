import { request } from "node:http";
import { UserError } from "../terminal/user-error";

const TIMEOUT_MS = 5_000;

/**
 * Checks that a Docker engine answers where the docker provider will look for it: DOCKER_HOST, else
 * the usual socket. Engines behind ssh or TLS, and named contexts, are left to the provider.
 * @throws UserError when the engine does not answer.
 */
export async function checkDockerEngine(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (env["DOCKER_CONTEXT"]) return;
  const host = env["DOCKER_HOST"] || "unix:///var/run/docker.sock";
  if (!host.startsWith("unix://")) return;
  const socketPath = host.slice("unix://".length);
  try {
    await ping(socketPath);
  } catch (cause) {
    throw new UserError(
      `no Docker engine answers at ${host} (${(cause as Error).message})`,
      "start Docker, or set DOCKER_HOST or DOCKER_CONTEXT to where it runs; your user needs access to the socket",
    );
  }
}

function ping(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = request({ socketPath, path: "/_ping", timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`it answered ${response.statusCode}`));
    });
    probe.on("timeout", () => probe.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    probe.on("error", reject);
    probe.end();
  });
}
