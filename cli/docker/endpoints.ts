import { z } from "zod";
import type { Progress } from "../terminal/progress";
import { docker } from "./docker";
import { containerName, type EngineContainer } from "./objects";

/** A container's connection to a network, as it was declared. */
export interface DeclaredEndpoint {
  /** Id of the network. */
  readonly network: string;
  readonly networkName: string;
  /** Names under which the container answers there. */
  readonly aliases: readonly string[];
  /** Address that it asks for. */
  readonly address: string | undefined;
}

/** A declared endpoint that the engine does not have, or has otherwise. */
export interface LostEndpoint extends DeclaredEndpoint {
  readonly container: string;
  readonly containerId: string;
  /** Whether there is one, under other names or at another address. */
  readonly isConnected: boolean;
}

const Networks = z.array(
  z.object({
    name: z.string(),
    aliases: z.array(z.string()).nullish(),
    ipv4_address: z.string().nullish(),
  }),
);

/**
 * The endpoints in the attributes that Terraform has of a container.
 * @param names of networks, by id
 */
export function declaredEndpoints(
  attributes: Readonly<Record<string, unknown>>,
  names: ReadonlyMap<string, string>,
): DeclaredEndpoint[] {
  return (Networks.safeParse(attributes["networks_advanced"]).data ?? []).map(
    ({ name, aliases, ipv4_address: address }) => ({
      network: name,
      networkName: names.get(name) ?? name,
      aliases: aliases ?? [],
      address: address || undefined,
    }),
  );
}

/**
 * Declared endpoints that a container has lost. The provider writes them once and never reads them back, so no plan of Terraform's
 * shows them (docs/decisions/0057). Endpoints that somebody added are left alone.
 */
export function lostEndpoints(
  declared: readonly DeclaredEndpoint[],
  container: EngineContainer,
): LostEndpoint[] {
  const endpoints = Object.values(container.NetworkSettings.Networks);
  return declared.flatMap((one) => {
    const found = endpoints.find(({ NetworkID }) => NetworkID === one.network);
    const isWhole =
      found !== undefined &&
      one.aliases.every((alias) => found.Aliases?.includes(alias)) &&
      (one.address === undefined || found.IPAMConfig?.IPv4Address === one.address);
    if (isWhole) return [];
    return [
      {
        ...one,
        container: containerName(container),
        containerId: container.Id,
        isConnected: found !== undefined,
      },
    ];
  });
}

/** What is wrong, for a person. */
export function describeLostEndpoint({ container, networkName, isConnected }: LostEndpoint): string {
  return isConnected
    ? `${container} is on the network ${networkName} without the names or the address that it was given`
    : `${container} is not on the network ${networkName}`;
}

/** Connects containers as they were declared; those that run go on running. */
export async function restoreEndpoints(lost: readonly LostEndpoint[], progress: Progress): Promise<void> {
  for (const { network, networkName, container, containerId, aliases, address, isConnected } of lost) {
    await progress.step(`Connecting ${container} to ${networkName}`, async () => {
      if (isConnected) await docker(["network", "disconnect", "--force", network, containerId]);
      const options = [
        ...aliases.flatMap((alias) => ["--alias", alias]),
        ...(address === undefined ? [] : ["--ip", address]),
      ];
      await docker(["network", "connect", ...options, network, containerId]);
    });
  }
}
