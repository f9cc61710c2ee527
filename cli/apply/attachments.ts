import { PLATFORM_LABEL } from "../../constructs/engine-names";
import { docker } from "../docker/docker";
import { containerName, containersWhere, type EngineContainer } from "../docker/objects";
import type { Finding } from "../preflight/finding";
import type { Progress } from "../terminal/progress";
import { creates, nameOf, type Plan, removes } from "../terraform/planned-changes";

/** A container that is not the platform's, on a network that goes or is replaced. */
export interface Attachment {
  readonly network: string;
  /** Whether the network comes back under the same name. */
  readonly isReplaced: boolean;
  readonly container: string;
  readonly containerId: string;
  readonly isRunning: boolean;
  /** Names under which it answers on the network. */
  readonly aliases: readonly string[];
  /** Address that it asked for. */
  readonly address: string | undefined;
}

/** Containers of others on networks that `plan` takes away; stopped ones as well, since they could not start again. */
export async function findAttachments(platform: string, plan: Plan): Promise<Attachment[]> {
  const going = plan.changes.filter((change) => change.type === "docker_network" && removes(change));
  const found = await Promise.all(
    going.map(async (change) => {
      const containers = await containersWhere(`network=${change.before?.["id"]}`);
      return containers
        .filter(({ Config }) => Config.Labels?.[PLATFORM_LABEL] !== platform)
        .map((container) => toAttachment(nameOf(change.before), creates(change), container));
    }),
  );
  return found.flat();
}

function toAttachment(network: string, isReplaced: boolean, container: EngineContainer): Attachment {
  const endpoint = container.NetworkSettings.Networks[network];
  return {
    network,
    isReplaced,
    container: containerName(container),
    containerId: container.Id,
    isRunning: container.State.Status === "running",
    // The engine adds the short id by itself.
    aliases: (endpoint?.Aliases ?? []).filter((alias) => !container.Id.startsWith(alias)),
    address: endpoint?.IPAMConfig?.IPv4Address || undefined,
  };
}

/**
 * One finding for each network, with the names of those that would be cut off.
 * @param removed whether networks that are removed are made again by a later deploy
 */
export function checkAttachments(
  platform: string,
  attachments: readonly Attachment[],
  removed: "for good" | "deploy again" = "for good",
): Finding[] {
  const networks = [...new Set(attachments.map(({ network }) => network))];
  return networks.map((network) => {
    const ones = attachments.filter((one) => one.network === network);
    const names = ones.map(({ container, isRunning }) => `${container}${isRunning ? "" : " (stopped)"}`);
    const isReplaced = ones.some((one) => one.isReplaced);
    const back = isReplaced
      ? " while it is replaced, and are connected again"
      : removed === "deploy again"
        ? ", and the next deploy connects them again"
        : "";
    return {
      path: `networks.${network.slice(platform.length + 1)}`,
      problem: `the network ${network} is ${isReplaced ? "replaced" : "removed"}, and containers that are not the platform's are on it: ${names.join(", ")}`,
      allowed: "a network with the platform's own containers only",
      remedy: `stop and remove them first (workspaces with their own tool), or give --detach: they are disconnected${back}`,
    };
  });
}

/** Takes them off their networks. `rememberDetached` comes first: whoever is killed in between leaves nobody cut off for good. */
export async function detach(attachments: readonly Attachment[], progress: Progress): Promise<void> {
  for (const { network, container, containerId } of attachments) {
    await progress.step(`Disconnecting ${container} from ${network}`, () =>
      docker(["network", "disconnect", "--force", network, containerId]),
    );
  }
}
