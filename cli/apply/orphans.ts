import { NETWORKS, PLATFORM_LABEL } from "../../constructs/engine-names";
import { docker } from "../docker/docker";
import {
  containerName,
  type EngineContainer,
  type EngineNetwork,
  inspectObjects,
  platformContainers,
} from "../docker/objects";
import { stateFile } from "../sluice-home";
import type { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { lastDeployed } from "../terraform/last-deployed";
import { creates, nameOf, type Plan } from "../terraform/planned-changes";
import type { Terraform } from "../terraform/terraform";

/** How long a container may take to stop, in milliseconds: more than any stop grace. */
const STOP_TIMEOUT_MS = 150_000;

/** Objects of the platform in the engine that the state does not know: an apply was killed while it made them. */
export interface Orphans {
  readonly containers: readonly EngineContainer[];
  /** With the address of the resource that would be made under the same name, where the plan has one. */
  readonly networks: readonly { readonly network: EngineNetwork; readonly address: string | undefined }[];
}

/**
 * Compares the engine with a plan's view of the state.
 * @param platform the platform's name
 * @throws UserError when the state is empty and the engine runs a platform of this name: it belongs to another home, or the state is lost
 */
export async function findOrphans(platform: string, plan: Plan, home: string): Promise<Orphans> {
  const containers = await findOrphanedContainers(platform, plan.existing);
  if (containers.length > 0 && plan.existing.length === 0) throw withoutState(platform, containers, home);
  const addresses = new Map(
    plan.changes
      .filter((change) => change.type === "docker_network" && creates(change))
      .map(({ address, after }) => [nameOf(after), address]),
  );
  const networks = (await networksOf(platform, [...addresses.keys()]))
    .filter(isUnknown(plan.existing))
    .map((network) => ({ network, address: addresses.get(network.Name) }));
  return { containers, networks };
}

function withoutState(platform: string, containers: readonly EngineContainer[], home: string): UserError {
  const found = `the engine has containers of a platform named ${platform} (${namesOf(containers)})`;
  const remove = `remove them (their data is in volumes and stays): docker rm --force ${containers.map(containerName).join(" ")}`;
  const file = stateFile(home);
  if (lastDeployed(home, undefined)?.name === platform) {
    return new UserError(
      `${found} which this home deployed, and its state ${file} is lost`,
      `restore it from your backup. If there is none, ${remove}; then npm run deploy`,
    );
  }
  return new UserError(
    `${found}, and the state ${file} is empty: they were deployed from elsewhere`,
    `set SLUICE_HOME to the folder that they were deployed from; or choose another name in platform.yaml. If that folder is lost, ${remove}`,
  );
}

/** What is there, for a person; one line each. */
export function describeOrphans({ containers, networks }: Orphans): string[] {
  return [
    ...containers.map((one) => `container ${containerName(one)} (${one.State.Status})`),
    ...networks.map(({ network }) => `network ${network.Name}`),
  ];
}

/**
 * Brings the engine and the state together again: containers are stopped, with their own grace, and removed, since their data is in
 * volumes; networks are taken over into the state, since workspaces may be on them.
 */
export async function healOrphans(orphans: Orphans, terraform: Terraform, progress: Progress): Promise<void> {
  await removeOrphanedContainers(orphans.containers, progress);
  for (const { network, address } of orphans.networks) {
    if (address === undefined) continue;
    await progress.step(`Taking over the network ${network.Name}`, () =>
      terraform.run(["import", "-input=false", address, network.Id], { output: "collect" }),
    );
  }
}

/** For `destroy`: all of them go. */
export async function removeOrphans(orphans: Orphans, progress: Progress): Promise<void> {
  await removeOrphanedContainers(orphans.containers, progress);
  for (const { network } of orphans.networks) {
    await progress.step(`Removing the network ${network.Name}`, () => docker(["network", "rm", network.Id]));
  }
}

/** Containers of the platform that the state does not know. */
export async function findOrphanedContainers(
  platform: string,
  existing: Plan["existing"],
): Promise<EngineContainer[]> {
  return (await platformContainers(platform)).filter(isUnknown(existing));
}

/** Stops and removes containers. */
export async function removeOrphanedContainers(
  containers: readonly EngineContainer[],
  progress: Progress,
): Promise<void> {
  for (const container of containers) {
    await progress.step(`Removing the container ${containerName(container)}`, async () => {
      await docker(["stop", container.Id], { timeoutMs: STOP_TIMEOUT_MS });
      await docker(["rm", "--force", container.Id]);
    });
  }
}

function isUnknown(existing: Plan["existing"]): (object: { readonly Id: string }) => boolean {
  const known = new Set(existing.map(({ attributes }) => String(attributes["id"] ?? "")));
  return ({ Id }) => !known.has(Id);
}

/** By label, which not all have, and by name. */
async function networksOf(platform: string, names: readonly string[]): Promise<EngineNetwork[]> {
  const all = new Set([...names, ...NETWORKS.map((name) => `${platform}-${name}`)]);
  const filters = [`label=${PLATFORM_LABEL}=${platform}`, ...[...all].map((name) => `name=^${name}$`)];
  const lists = await Promise.all(
    filters.map((filter) => docker(["network", "ls", "--quiet", "--no-trunc", "--filter", filter])),
  );
  const ids = new Set(lists.flatMap((text) => text.split("\n").filter(Boolean)));
  return inspectObjects("network", [...ids]);
}

function namesOf(containers: readonly EngineContainer[]): string {
  return containers.map(containerName).join(", ");
}
