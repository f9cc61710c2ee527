import { SECRETS } from "../../constructs/secret-catalog";
import { existingVolumes } from "../docker/objects";
import { secretFile } from "../secrets/secret-store";
import { stateFile } from "../sluice-home";
import { UserError } from "../terminal/user-error";
import type { LastDeployed } from "./last-deployed";
import { type DeployedPlatform, stateSecrets } from "./state";

/** What is there already, beside the secrets. */
export interface ExistingPlatform {
  readonly home: string;
  /** What the state says. */
  readonly deployed: DeployedPlatform | undefined;
  /** What is deployed or was, before a destroy that kept the data. */
  readonly last: LastDeployed | undefined;
  /** Name and data volumes as platform.yaml has them. */
  readonly planned: Pick<LastDeployed, "name" | "dataVolumes">;
}

/**
 * Refuses to make secrets anew that something knows already: a database opens with its old password only, and keys were
 * made with the old master key. One that a service needs which is neither deployed nor has data may be made.
 * @param missing names of the secrets that have no value
 * @param isFileLost whether there is no secret at all, rather than some
 * @returns why the engine could not be asked for data volumes; undefined when it was, or nothing is missing
 * @throws UserError which says what is lost, and the ways back
 */
export async function refuseNewSecrets(
  missing: readonly string[],
  isFileLost: boolean,
  existing: ExistingPlatform,
): Promise<string | undefined> {
  if (missing.length === 0) return undefined;
  const { home, deployed, last, planned } = existing;
  const { volumes, unknown } = await volumesOf(planned, last);
  if (isFileLost) {
    const found = [
      ...(deployed === undefined
        ? []
        : [`${deployed.name ?? "a platform"} is deployed (${stateFile(home)})`]),
      ...(volumes.length === 0 ? [] : [`there are data volumes: ${volumes.join(", ")}`]),
    ];
    if (found.length === 0) return unknown;
    throw new UserError(
      `there are no secrets in ${secretFile(home)}, but ${found.join(", and ")}. New secrets would not open the databases, so none are made`,
      waysBack(missing, existing),
    );
  }
  const serviceOf = (name: string) => SECRETS[name]?.service ?? "";
  // A state that lists what was deployed, and not this one, is of a version that did not have it.
  const inState = stateSecrets(home);
  const isNew = (name: string) => Object.keys(inState).length > 0 && !(name in inState);
  const known = missing.filter((name) => !isNew(name) && isThere(serviceOf(name), existing, volumes));
  if (known.length === 0) return unknown;
  throw new UserError(
    `${secretFile(home)} lacks ${known.join(", ")}, but the services that know ${known.length === 1 ? "it" : "them"} exist: ${[
      ...new Set(known.map(serviceOf)),
    ].join(", ")}. A new value would not be theirs, so none is made`,
    waysBack(known, existing),
  );
}

/** Does the service run, or has it data? */
function isThere(service: string, { deployed, last, planned }: ExistingPlatform, volumes: readonly string[]) {
  const names = [planned.name, ...(last === undefined ? [] : [last.name])].map(
    (name) => `${name}-${service}`,
  );
  const containers = (deployed?.resources ?? [])
    .filter(({ type }) => type === "docker_container")
    .map(({ attributes }) => String(attributes["name"]));
  return (
    containers.some((name) => names.includes(name)) ||
    volumes.some((volume) => names.some((name) => volume.startsWith(`${name}-`)))
  );
}

function waysBack(missing: readonly string[], { home, deployed, last }: ExistingPlatform): string {
  const inState = stateSecrets(home);
  const recovery = missing.every((name) => inState[name])
    ? ", or take what was deployed from the state: npm run sluice -- init --recover-from-state"
    : "";
  const another =
    deployed === undefined && last === undefined
      ? `. This home (${home}) has deployed nothing: if the volumes are another platform's, give this one another name, or set SLUICE_HOME to the other's home`
      : "";
  return `restore ${secretFile(home)} from your backup${recovery}${another}. Only if the data may go: npm run destroy -- --volumes, or docker volume rm, then deploy`;
}

/** Those that exist of the volumes that platform.yaml names and of those that were deployed. */
async function volumesOf(planned: ExistingPlatform["planned"], last: LastDeployed | undefined) {
  const names = [...new Set([...planned.dataVolumes, ...(last?.dataVolumes ?? [])])];
  try {
    return { volumes: await existingVolumes(names), unknown: undefined };
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    return { volumes: [], unknown: cause.problem };
  }
}
