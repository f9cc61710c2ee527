import { ConfigError } from "../../constructs/config/config-error";
import { loadPlatform } from "../../constructs/config/load";
import { platformFile } from "../../constructs/config/platform-file";
import { SERVICES } from "../../constructs/service-catalog";
import { CODER } from "../../constructs/services/coder";
import { version } from "../../package.json";
import { certificateStatus, renewal } from "../certificates/certificate-status";
import { docker } from "../docker/docker";
import { type EngineContainer, existingVolumes, inspectObjects, platformContainers } from "../docker/objects";
import { sluiceHome } from "../sluice-home";
import { UserError } from "../terminal/user-error";
import { askCoder, coderProblems } from "./ask-coder";
import { askGateway, askKeyProvisioner } from "./ask-services";
import { containerProblems, containerStatuses } from "./container-status";
import { type DiskPlaces, readDisk } from "./disk";
import { afterRestore, findDrift, lostVolumeProblems } from "./drift";
import { homeProblems } from "./home-problems";
import { gatewayProblems, keyProvisionerProblems, modelNotices, modelProblems } from "./judge";
import { platformName, readableRecord } from "./platform-name";
import type { DiskStatus, PlatformStatus, Problem } from "./platform-status";
import type { RecordedPlatform } from "./recorded-state";

/** For the first question to the engine, in milliseconds: one that says nothing is not asked any more. */
const ENGINE_MS = 5_000;
/** Less free space than this part of the file system is a problem: Postgres stops when it is full. */
const LEAST_FREE = 0.05;

const UNKNOWN_DISK: DiskStatus = { free_bytes: null, size_bytes: null, volumes: null, databases: null };

/**
 * Looks at everything within about half a minute, whoever does not answer; changes nothing.
 * @throws ConfigError when there is neither a state nor a platform.yaml that could say the platform's name
 */
export async function collectStatus(): Promise<PlatformStatus> {
  const home = sluiceHome();
  const { recorded, fault } = readableRecord(home);
  const name = platformName(recorded);
  const status = await askEngine(name, recorded, fault !== undefined).catch((error: Error) =>
    withoutEngine(name, recorded, error.message),
  );
  const { certificate, problems: ofCertificate } = findCertificate(home, status.containers);
  const problems = [...homeProblems(home, recorded, fault), ...status.problems, ...ofCertificate];
  return { ...status, certificate, well: status.well && problems.length === 0, problems };
}

/** The certificate, where there is somebody who shows it. */
function findCertificate(
  home: string,
  containers: PlatformStatus["containers"],
): { readonly certificate: PlatformStatus["certificate"]; readonly problems: Problem[] } {
  if (!containers.some(({ service }) => service === CODER.name)) return { certificate: null, problems: [] };
  try {
    const certificate = certificateStatus(home, loadPlatform(platformFile())) ?? null;
    const due = certificate === null ? undefined : renewal(certificate);
    return { certificate, problems: due === undefined ? [] : [due] };
  } catch (error) {
    // Of a platform.yaml that is wrong, the next deploy tells more.
    if (error instanceof ConfigError) return { certificate: null, problems: [] };
    if (error instanceof UserError)
      return { certificate: null, problems: [{ what: error.problem, remedy: error.remedy ?? "" }] };
    throw error;
  }
}

/** @param isRecordLost whether there is a state that cannot be read */
async function askEngine(
  name: string,
  recorded: RecordedPlatform | undefined,
  isRecordLost: boolean,
): Promise<PlatformStatus> {
  await docker(["version", "--format", "{{.Server.Version}}"], { timeoutMs: ENGINE_MS });
  const found = await platformContainers(name);
  const containers = containerStatuses({
    platform: name,
    recorded: recorded ?? { containers: [], images: [] },
    found,
    imageNames: await imageNames([
      ...found.map(({ Image: image }) => image),
      ...(recorded?.containers ?? []).map(({ image }) => image),
    ]),
  });
  if (containers.length === 0)
    return { ...empty(name), problems: [{ what: "nothing is deployed", remedy: "npm run deploy" }] };

  const isRunning = (service: string) =>
    containers.some((one) => one.service === service && one.state === "running");
  const [gateway, keyProvisioner, coder, disk, drift, volumes] = await Promise.all([
    isRunning("gateway") ? askGateway(`${name}-gateway`) : undefined,
    isRunning("key-provisioner") ? askKeyProvisioner(`${name}-key-provisioner`) : undefined,
    isRunning(CODER.name) ? askCoder(sluiceHome()) : undefined,
    readDisk(diskPlaces(name, recorded, isRunning)),
    recorded === undefined ? [] : engineDrift(recorded, found),
    existingVolumes(recorded?.usedVolumes ?? []),
  ]);
  const models = gateway?.models ?? [];
  const lost = lostVolumeProblems(recorded ?? { usedVolumes: [] }, volumes);
  const others = [
    ...containers.flatMap((one) => containerProblems(name, one)),
    ...gatewayProblems(gateway),
    ...keyProvisionerProblems(keyProvisioner),
    ...coderProblems(coder),
    ...modelProblems(models),
    ...diskProblems(disk),
    ...drift,
  ];
  const problems = [...lost, ...(lost.length === 0 ? others : others.map(afterRestore))];
  return {
    name,
    well: problems.length === 0,
    deployed: true,
    problems,
    notices: [
      ...(recorded === undefined && !isRecordLost
        ? [
            `${sluiceHome()} has not deployed ${name}: what runs is compared with nothing (SLUICE_HOME names another home)`,
          ]
        : []),
      // `docker container prune` takes them; their work is done.
      ...containers
        .filter(({ kind, state }) => kind === "job" && state === "missing")
        .map(({ service }) => `the container of the job ${service} is gone: the next deploy runs it again`),
      ...containers
        .filter(({ restarts }) => restarts > 0)
        .map(({ service, restarts }) => `${service} was restarted ${restarts} times by the engine`),
      ...containers
        .filter(({ image, checkout_tag }) => checkout_tag !== null && !image?.endsWith(`:${checkout_tag}`))
        .map(({ service }) => `${service} is another version than this checkout: npm run diff`),
      ...modelNotices(models),
    ],
    engine_error: null,
    containers,
    gateway: gateway?.gateway ?? null,
    key_provisioner: typeof keyProvisioner === "object" ? keyProvisioner : null,
    coder: coder ?? null,
    models,
    certificate: null,
    plan: null,
    disk,
    checkout_version: version,
  };
}

/** Adds what a real plan says. */
export function withPlan(status: PlatformStatus, hasChanges: boolean): PlatformStatus {
  const change: Problem = {
    what: "npm run deploy would change something",
    remedy: "npm run diff shows what",
  };
  return {
    ...status,
    well: status.well && !hasChanges,
    problems: hasChanges ? [...status.problems, change] : status.problems,
    plan: hasChanges ? "changes" : "no changes",
  };
}

async function imageNames(ids: readonly string[]): Promise<Map<string, readonly string[]>> {
  const images = await inspectObjects("image", [...new Set(ids)]);
  return new Map(images.map(({ Id, RepoTags }) => [Id, RepoTags ?? []]));
}

async function engineDrift(
  recorded: RecordedPlatform,
  containers: readonly EngineContainer[],
): Promise<Problem[]> {
  const networks = await inspectObjects(
    "network",
    recorded.networks.map(({ name }) => name),
  );
  return findDrift(recorded, { containers, networks });
}

function diskPlaces(
  name: string,
  recorded: RecordedPlatform | undefined,
  isRunning: (service: string) => boolean,
): DiskPlaces {
  return {
    volumes: recorded?.dataVolumes ?? [],
    mounted: SERVICES.filter((service) => isRunning(service.name)).flatMap(
      ({ name: service, volumes = {} }) =>
        Object.values(volumes).map((path) => ({ container: `${name}-${service}`, path })),
    ),
    postgres: isRunning("postgres") ? `${name}-postgres` : undefined,
  };
}

function diskProblems({ free_bytes, size_bytes }: DiskStatus): Problem[] {
  if (free_bytes === null || size_bytes === null || free_bytes >= size_bytes * LEAST_FREE) return [];
  return [
    {
      what: `the disk with the data volumes is nearly full: ${Math.round((100 * free_bytes) / size_bytes)} % are free`,
      remedy: "free some space: npm run sluice -- images prune, docker system df",
    },
  ];
}

function withoutEngine(name: string, recorded: RecordedPlatform | undefined, reason: string): PlatformStatus {
  return {
    ...empty(name),
    deployed: (recorded?.containers.length ?? 0) > 0,
    problems: [
      {
        what: `the Docker engine cannot be asked (${reason})`,
        remedy: "start Docker, or set DOCKER_HOST or DOCKER_CONTEXT to where it runs",
      },
    ],
    engine_error: reason,
  };
}

function empty(name: string): PlatformStatus {
  return {
    name,
    well: false,
    deployed: false,
    problems: [],
    notices: [],
    engine_error: null,
    containers: [],
    gateway: null,
    key_provisioner: null,
    coder: null,
    models: [],
    certificate: null,
    plan: null,
    disk: UNKNOWN_DISK,
    checkout_version: version,
  };
}
