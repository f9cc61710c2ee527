import { request } from "node:http";
import { docker } from "../docker/docker";
import { UserError } from "../terminal/user-error";

const TIMEOUT_MS = 5_000;

/**
 * Checks that a Docker engine answers where the docker provider will look for it: DOCKER_CONTEXT, DOCKER_HOST, else the usual socket.
 * One behind ssh, TLS or a context is asked through the docker command line.
 * @throws UserError when the engine does not answer.
 */
export async function checkDockerEngine(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const context = env["DOCKER_CONTEXT"];
  const host = env["DOCKER_HOST"] || "unix:///var/run/docker.sock";
  try {
    const target = context || env["DOCKER_TLS_VERIFY"] ? undefined : addressOf(host);
    await (target === undefined
      ? docker(["version", "--format", "{{.Server.Version}}"], { env })
      : ping(target));
  } catch (cause) {
    const where = context ? `in the Docker context ${context}` : `at ${host}`;
    throw new UserError(
      `no Docker engine answers ${where} (${(cause as Error).message})`,
      "start Docker, or set DOCKER_HOST or DOCKER_CONTEXT to where it runs; your user needs access to the socket",
    );
  }
}

type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Where to ping; undefined for what only the docker command line knows how to reach. */
function addressOf(host: string): Address | undefined {
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  if (!/^(tcp|http):\/\//.test(host) || !URL.canParse(host.replace(/^tcp:/, "http:"))) return undefined;
  const { hostname, port } = new URL(host.replace(/^tcp:/, "http:"));
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 2375) };
}

function ping(address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = request({ ...address, path: "/_ping", timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`it answered ${response.statusCode}`));
    });
    probe.on("timeout", () => probe.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    probe.on("error", reject);
    probe.end();
  });
}
