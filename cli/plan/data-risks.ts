import { PLATFORM_LABEL } from "../../constructs/engine-names";
import { SERVICES } from "../../constructs/service-catalog";
import type { DataRisk } from "./change-summary";
import { environment } from "./container-changes";
import { containerService, labels, type ObjectNames } from "./object-names";
import { attributes, type PlanJson, type ResourceChange } from "./plan-json";

/** A data volume in a container. */
interface Mount {
  readonly service: string;
  readonly path: string;
}

/**
 * What a plan would lose, or start without although it is still in the engine: volumes that go, change their name or their
 * place, those that are lost already, a Postgres of another major version, audit rows whose time is shortened. Terraform's own volumes hold
 * nothing that is not delivered or made again.
 */
export function findDataRisks(
  plan: PlanJson,
  names: ObjectNames,
  lostVolumes: readonly string[] = [],
): DataRisk[] {
  const resources = (plan.resource_changes ?? []).filter(({ deposed }) => deposed === undefined);
  const containers = resources.filter(({ type }) => type === "docker_container");
  return [
    ...platformNameRisks(containers),
    ...lossRisks(containers, lostVolumes),
    ...volumeRisks(plan, resources, containers, renamed(containers)),
    ...versionRisks(containers, names),
    ...retentionRisks(containers),
    ...stateRisks(resources),
  ];
}

/** The platform's name before and after, when it changes. */
function renamed(
  containers: readonly ResourceChange[],
): readonly [before: string, after: string] | undefined {
  const named = (side: "before" | "after") =>
    new Set(
      containers.flatMap(({ change }) => labels(attributes(change[side])["labels"])[PLATFORM_LABEL] ?? []),
    );
  const [before, after] = [named("before"), named("after")];
  const gone = [...before].find((name) => !after.has(name));
  const come = [...after].find((name) => !before.has(name));
  return gone === undefined || come === undefined ? undefined : [gone, come];
}

function platformNameRisks(containers: readonly ResourceChange[]): DataRisk[] {
  const names = renamed(containers);
  if (names === undefined) return [];
  const [before, after] = names;
  const volumes = [...dataMounts(containers, "before").keys()]
    .filter((volume) => !holdsNoData(volume))
    .sort()
    .join(", ");
  return [
    {
      service: "platform",
      text: `name ${before} → ${after}: the platform starts with empty volumes; its data stays in ${volumes || "those of the old name"}`,
      remedy: `keep name: ${before} in platform.yaml; a new name is a new platform`,
    },
  ];
}

function volumeRisks(
  plan: PlanJson,
  resources: readonly ResourceChange[],
  containers: readonly ResourceChange[],
  platformNames: readonly [before: string, after: string] | undefined,
): DataRisk[] {
  const risks: DataRisk[] = [];
  const managed = resources.filter(({ type }) => type === "docker_volume");
  for (const { change } of managed) {
    const name = String(attributes(change.before)["name"] ?? "");
    if (!change.actions.includes("delete") || holdsNoData(name)) continue;
    risks.push({
      service: `volume ${name}`,
      text: `volume ${name} is deleted with all that is in it`,
      remedy: "keep it, or back it up first",
    });
  }
  const deliveries = new Set(
    managed.flatMap(({ change }) =>
      [change.before, change.after].map((values) => String(attributes(values)["name"] ?? "")),
    ),
  );
  const [before, after] = [dataMounts(containers, "before"), dataMounts(containers, "after")];
  const outputs = attributes(plan.output_changes)["data_volumes"];
  const listed = (side: "before" | "after") => {
    const value = attributes(outputs)[side];
    return Array.isArray(value) ? value.map(String) : [];
  };
  const old = new Set([...before.keys(), ...listed("before")]);
  const young = new Set([...after.keys(), ...listed("after")]);
  for (const volume of old) {
    if (deliveries.has(volume) || holdsNoData(volume)) continue;
    const mount = before.get(volume);
    const service = mount?.service ?? "platform";
    // Mounted before and not now is lost to the service, whatever the output still lists.
    if (mount === undefined ? !young.has(volume) : !after.has(volume)) {
      const successor = [...after].find(
        ([name, place]) => place.service === service && place.path === mount?.path && !old.has(name),
      )?.[0];
      // Told once for all of them.
      const [oldName = "", newName = ""] = platformNames ?? [];
      if (platformNames !== undefined && successor === volume.replace(`${oldName}-`, `${newName}-`)) continue;
      risks.push({
        service,
        text:
          successor === undefined
            ? `volume ${volume} is no longer used; what is in it stays in the engine, and nothing reads it`
            : `volume ${volume} → ${successor}: ${service} starts with an empty one; its data stays in ${volume}`,
        remedy: `keep the volume's name, or back up ${volume} and restore it into its successor`,
      });
    } else if (mount !== undefined && after.has(volume) && after.get(volume)?.path !== mount.path) {
      risks.push({
        service,
        text: `volume ${volume} is mounted at ${after.get(volume)?.path} instead of ${mount.path}: ${service} may not find its data`,
        remedy: `mount it at ${mount.path}`,
      });
    }
  }
  return risks;
}

/** Mounting a volume that is not there makes an empty one. */
function lossRisks(containers: readonly ResourceChange[], lostVolumes: readonly string[]): DataRisk[] {
  const mounts = dataMounts(containers, "after");
  return lostVolumes.flatMap((volume) => {
    const service = mounts.get(volume)?.service;
    if (service === undefined) return [];
    return [
      {
        service,
        text: `volume ${volume} is lost: ${service} would begin with an empty one`,
        remedy: `restore it (docs/operations.md, "Restore"), or accept an empty one: npm run deploy -- --accept-data-loss`,
      },
    ];
  });
}

const CACHES = SERVICES.flatMap(({ name, caches = {} }) =>
  Object.keys(caches).map((cache) => `-${name}-${cache}`),
);

/** Delivered files, `<platform>-<service>-files`, and caches: made and filled again at any time. */
export function holdsNoData(volume: string): boolean {
  return ["-files", ...CACHES].some((end) => volume.endsWith(end));
}

function dataMounts(containers: readonly ResourceChange[], side: "before" | "after"): Map<string, Mount> {
  const found = new Map<string, Mount>();
  for (const { change, address } of containers) {
    const { volumes } = attributes(change[side]);
    for (const item of Array.isArray(volumes) ? volumes : []) {
      const { volume_name: volume, container_path: path, read_only: readOnly } = attributes(item);
      if (typeof volume !== "string" || volume === "" || readOnly === true) continue;
      found.set(volume, { service: containerService(change) ?? address, path: String(path) });
    }
  }
  return found;
}

/** Databases that cannot read what another major version wrote. */
const VERSIONED: readonly string[] = ["postgres"];

function versionRisks(containers: readonly ResourceChange[], names: ObjectNames): DataRisk[] {
  return containers.flatMap(({ address, change }) => {
    const service = containerService(change) ?? address;
    const [before, after] = [attributes(change.before), attributes(change.after)];
    if (!VERSIONED.includes(service) || before["image"] === undefined || change.actions.includes("no-op"))
      return [];
    if (change.after === null) return [];
    const old = names.before(before["image"]);
    const young = names.after(after["image"]) ?? names.referred(address, "image")[0];
    if (old === undefined || young === undefined || old === young) return [];
    const [was, is] = [majorOf(old), majorOf(young)];
    if (was !== undefined && is !== undefined && was === is) return [];
    const unknown = was === undefined || is === undefined;
    return [
      {
        service,
        text: unknown
          ? `image ${old} → ${young}: without a version in both tags nobody can tell whether it can read the data`
          : `${service} ${was} → ${is}: version ${is} does not start on the data of version ${was}`,
        remedy: unknown
          ? "name a tag with the version, also beside a digest: postgres:17.7@sha256:…"
          : service === "postgres"
            ? "dump the databases, deploy with an empty volume, restore: docs/operations.md, Back up"
            : `stay on version ${was}`,
      },
    ];
  });
}

/** The major version in an image's tag: `mirror:5000/postgres:17.7-bookworm@sha256:…` → 17. */
function majorOf(image: string): number | undefined {
  const tag = /:v?(\d+)[^:/]*$/.exec(image.replace(/@.*$/, ""))?.[1];
  return tag === undefined ? undefined : Number(tag);
}

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  mo: 2_592_000,
};

/** The retention is no secret, also where the plan hides the environment as a whole. */
function retentionRisks(containers: readonly ResourceChange[]): DataRisk[] {
  return containers.flatMap(({ change, address }) => {
    const [was, is] = [change.before, change.after].map(
      (values) => environment(attributes(values)["env"])["AUDIT_RETENTION"],
    );
    const [old, young] = [seconds(was), seconds(is)];
    if (old === undefined || young === undefined || young >= old) return [];
    return [
      {
        service: containerService(change) ?? address,
        text: `audit rows are kept for ${is} instead of ${was}: older ones are dropped for good within the hour`,
        remedy: `keep retention.audit: ${was}, or export those rows first`,
      },
    ];
  });
}

function seconds(duration: string | undefined): number | undefined {
  const match = /^(\d+)(s|m|h|d|w|mo)$/.exec(duration ?? "");
  return match === null ? undefined : Number(match[1]) * (UNIT_SECONDS[match[2] ?? ""] ?? Number.NaN);
}

/** Only a comparison of two synthesized stacks has this: a plan has one state. */
function stateRisks(resources: readonly ResourceChange[]): DataRisk[] {
  const moved = resources.some(
    ({ address, change }) => address === "terraform.backend" && !change.actions.includes("no-op"),
  );
  if (!moved) return [];
  return [
    {
      service: "state",
      text: "the state moves: what runs is not found, and everything would be made again beside it",
      remedy: "move the state first: terraform init -migrate-state",
    },
  ];
}
