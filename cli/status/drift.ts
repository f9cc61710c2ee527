import { describeLostEndpoint, lostEndpoints } from "../docker/endpoints";
import { containerName, type EngineContainer } from "../docker/objects";
import type { Problem } from "./platform-status";
import type { RecordedPlatform } from "./recorded-state";

/** What the engine has now. */
export interface EngineFindings {
  readonly containers: readonly EngineContainer[];
  /** Those of the names in the state that exist. */
  readonly networks: readonly { readonly Id: string; readonly Name: string }[];
  /** Names, of the data volumes in the state, that exist. */
  readonly volumes: readonly string[];
}

/**
 * Where what runs is not what was deployed. It compares the state with the engine; what `platform.yaml` says since is the business of
 * `diff`. A container that is missing is left to its own row.
 */
export function findDrift(recorded: RecordedPlatform, found: EngineFindings): Problem[] {
  const redeploy = "npm run deploy makes it as it was declared";
  const drift = (what: string, remedy = redeploy): Problem => ({ what: `drift: ${what}`, remedy });
  const byName = new Map(found.containers.map((one) => [containerName(one), one]));
  const containers = recorded.containers.flatMap(({ name, id, image, labels, endpoints }) => {
    const container = byName.get(name);
    if (container === undefined) return [];
    if (container.Image !== image) return [drift(`${name} runs another image than was deployed`)];
    const changed = Object.entries(labels).find(
      ([label, value]) => container.Config.Labels?.[label] !== value,
    );
    if (changed !== undefined) return [drift(`${name} has another label ${changed[0]} than was deployed`)];
    if (container.Id !== id) return [drift(`${name} is not the container that was deployed`)];
    return lostEndpoints(endpoints, container).map((one) =>
      drift(describeLostEndpoint(one), "npm run deploy connects it again"),
    );
  });
  const known = new Set(recorded.containers.map(({ name }) => name));
  const strangers = [...byName.keys()]
    .filter((name) => !known.has(name))
    .map((name) =>
      drift(
        `${name} belongs to the platform by its label, but not to what was deployed`,
        "see whose it is; npm run deploy says what it does about it",
      ),
    );
  const networks = recorded.networks.flatMap(({ name, id }) => {
    const network = found.networks.find(({ Name }) => Name === name);
    if (network === undefined) return [drift(`the network ${name} is missing`)];
    return network.Id === id ? [] : [drift(`the network ${name} is not the one that was deployed`)];
  });
  const volumes = recorded.dataVolumes
    .filter((name) => !found.volumes.includes(name))
    .map((name) =>
      drift(`the data volume ${name} is missing`, "restore it from your backup (docs/operations.md)"),
    );
  return [...containers, ...strangers, ...networks, ...volumes];
}
