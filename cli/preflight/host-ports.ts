import { createServer } from "node:net";
import type { PlatformConfig } from "../../constructs/config/schema";
import { containerName } from "../docker/objects";
import { portHolder } from "../local/port-holder";
import type { PlannedChange } from "../terraform/planned-changes";
import type { EngineFacts } from "./engine-facts";
import type { Finding } from "./finding";
import { portPath } from "./setting-path";

interface Publication {
  readonly address: string;
  readonly port: number;
}

/**
 * Ports that containers to be made would publish, and that somebody else has.
 * @param going ids of containers that are removed before: theirs become free
 */
export async function checkPorts(
  ports: PlatformConfig["ports"],
  changes: readonly PlannedChange[],
  engine: EngineFacts,
  going: ReadonlySet<string>,
): Promise<Finding[]> {
  const wanted = changes
    .filter(({ type, actions }) => type === "docker_container" && actions.includes("create"))
    .flatMap(({ after }) => publications(after?.["ports"]));
  const findings = await Promise.all(
    wanted.map(async (one) => {
      const path = portPath(ports, one.port);
      const container = engine.runningContainers.find(({ HostConfig: { PortBindings } }) =>
        Object.values(PortBindings ?? {})
          .flat()
          .some(({ HostIp, HostPort }) => Number(HostPort) === one.port && overlap(HostIp, one.address)),
      );
      if (container !== undefined) {
        return going.has(container.Id) ? [] : [taken(path, one, `the container ${containerName(container)}`)];
      }
      return engine.isLocal ? checkOnThisMachine(path, one) : [];
    }),
  );
  return findings.flat();
}

async function checkOnThisMachine(path: string | undefined, one: Publication): Promise<Finding[]> {
  const code = await tryToListen(one);
  if (code === "EADDRINUSE") {
    const holder = portHolder(one.port);
    return [
      taken(path, one, holder === undefined ? "another program" : `${holder.command} (pid ${holder.pid})`),
    ];
  }
  if (code === "EADDRNOTAVAIL") {
    return [
      {
        path: "exposure.address",
        problem: `${one.address} is not an address of this machine`,
        allowed: "an address of the machine that the engine runs on",
        remedy: "correct it; 127.0.0.1 keeps the platform on this machine",
      },
    ];
  }
  // Others, such as no right to listen on it, say nothing about the engine.
  return [];
}

function taken(path: string | undefined, { address, port }: Publication, holder: string): Finding {
  return {
    ...(path === undefined ? {} : { path }),
    problem: `port ${port} on ${address} is taken by ${holder}`,
    allowed: "a port that nobody listens on, 1 to 65535",
    remedy: `stop ${holder}, or choose another port`,
  };
}

function publications(value: unknown): Publication[] {
  return (Array.isArray(value) ? value : []).map(({ external, ip }: { external: number; ip?: string }) => ({
    address: ip || "0.0.0.0",
    port: external,
  }));
}

const ANY = new Set(["", "0.0.0.0", "::"]);

function overlap(one: string, other: string): boolean {
  return one === other || ANY.has(one) || ANY.has(other);
}

/** @returns the error's code; undefined when the port is free */
function tryToListen({ address, port }: Publication): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
