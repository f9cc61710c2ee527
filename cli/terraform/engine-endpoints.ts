import { declaredEndpoints, type LostEndpoint, lostEndpoints } from "../docker/endpoints";
import { inspectObjects } from "../docker/objects";
import type { PlanJson, ResourceChange, Values } from "../plan/plan-json";

/**
 * Connections to networks that the containers of a state have lost. The provider writes them and does not read them back.
 * @param existing resources of the state
 * @throws UserError when the engine cannot be asked
 */
export async function findLostEndpoints(
  existing: readonly { readonly type: string; readonly attributes: Values }[],
): Promise<LostEndpoint[]> {
  const attributesOf = (type: string) =>
    existing.filter((one) => one.type === type).map(({ attributes }) => attributes);
  const names = new Map(attributesOf("docker_network").map(({ id, name }) => [String(id), String(name)]));
  const declared = new Map(
    attributesOf("docker_container").map((container) => [
      String(container["id"]),
      declaredEndpoints(container, names),
    ]),
  );
  const ids = [...declared].filter(([, endpoints]) => endpoints.length > 0).map(([id]) => id);
  const containers = await inspectObjects("container", ids);
  return containers.flatMap((container) => lostEndpoints(declared.get(container.Id) ?? [], container));
}

/**
 * Puts lost connections into a plan: containers that stay are changed in place by being connected again. Those that are replaced get
 * all of theirs.
 * @returns the plan, and of `lost` what has to be restored besides applying it
 */
export function withLostEndpoints(
  plan: PlanJson,
  lost: readonly LostEndpoint[],
): { readonly plan: PlanJson; readonly lost: readonly LostEndpoint[] } {
  const restored: LostEndpoint[] = [];
  const resource_changes = (plan.resource_changes ?? []).map((resource) => {
    const { change } = resource;
    const before = (change.before ?? {}) as Values;
    const gone = stays(resource) ? lost.filter(({ containerId }) => containerId === before["id"]) : [];
    if (gone.length === 0) return resource;
    restored.push(...gone);
    const networks_advanced = remaining(before["networks_advanced"], gone);
    return {
      ...resource,
      change: { ...change, actions: ["update"], before: { ...before, networks_advanced } },
    };
  });
  return { plan: { ...plan, resource_changes }, lost: restored };
}

/** Without those that are gone; of those that are there otherwise, the network alone. */
function remaining(declared: unknown, gone: readonly LostEndpoint[]): Values[] {
  return (declared as readonly Values[]).flatMap((network) => {
    const lost = gone.find((one) => one.network === network["name"]);
    if (lost === undefined) return [network];
    return lost.isConnected ? [{ name: network["name"] }] : [];
  });
}

function stays({ type, change }: ResourceChange): boolean {
  return type === "docker_container" && ["no-op", "update"].includes(change.actions.join());
}
