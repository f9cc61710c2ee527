import { serviceTag } from "../../constructs/service-inputs";
import { conditionOf, faultOf } from "../docker/container-fault";
import type { EngineContainer } from "../docker/objects";
import type { ContainerStatus, Problem } from "./platform-status";
import type { RecordedPlatform } from "./recorded-state";

/** What the rows are made of. */
export interface ContainerFindings {
  /** Name of the platform: the prefix of its containers. */
  readonly platform: string;
  /** As the last deploy left them. */
  readonly recorded: Pick<RecordedPlatform, "containers" | "images">;
  /** As the engine has them. */
  readonly found: readonly EngineContainer[];
  /** Names of images by their id. */
  readonly imageNames: ReadonlyMap<string, readonly string[]>;
}

/** A row for each container that is there or should be, by name. */
export function containerStatuses({
  platform,
  recorded,
  found,
  imageNames,
}: ContainerFindings): ContainerStatus[] {
  const serviceOf = (name: string) => name.replace(/^\//, "").replace(`${platform}-`, "");
  const nameOf = (image: string) => imageName(image, imageNames.get(image) ?? [], recorded.images);
  const present = found.map((container): ContainerStatus => {
    const { State: state } = container;
    const service = serviceOf(container.Name);
    const { isJob, health, exitCode } = conditionOf(container);
    const image = nameOf(container.Image);
    return {
      service,
      kind: isJob ? "job" : "service",
      state: state.Status,
      health,
      // When it was paused the engine does not tell.
      since:
        state.Status === "paused" ? null : moment(exitCode === null ? state.StartedAt : state.FinishedAt),
      restarts: container.RestartCount,
      oom_killed: state.OOMKilled,
      exit_code: exitCode,
      image,
      checkout_tag: image.startsWith(`${platform}/`) ? checkoutTag(service) : null,
    };
  });
  const names = new Set(present.map(({ service }) => service));
  const missing = recorded.containers
    .filter(({ name }) => !names.has(serviceOf(name)))
    .map(
      ({ name, isJob, image }): ContainerStatus => ({
        service: serviceOf(name),
        kind: isJob ? "job" : "service",
        state: "missing",
        health: null,
        since: null,
        restarts: 0,
        oom_killed: false,
        exit_code: null,
        image: nameOf(image),
        checkout_tag: null,
      }),
    );
  return [...present, ...missing].sort((a, b) => a.service.localeCompare(b.service));
}

/** What is wrong with a container as such. The container of a job that is gone has done its work. */
export function containerProblems(platform: string, container: ContainerStatus): Problem[] {
  const { service, kind, state, health, oom_killed, exit_code } = container;
  const deploy = "npm run deploy";
  if (state === "missing") return kind === "job" ? [] : [{ what: `${service} is missing`, remedy: deploy }];
  const fault = faultOf({
    isJob: kind === "job",
    status: state,
    health,
    exitCode: exit_code,
    isOutOfMemory: oom_killed,
  });
  if (fault === undefined) return [];
  const logs = `npm run sluice -- logs ${service}`;
  const problems: Readonly<Record<typeof fault, Problem>> = {
    unhealthy: { what: `${service} is unhealthy`, remedy: logs },
    starting: { what: `${service} is starting`, remedy: `wait for it; if it lasts: ${logs}` },
    paused: { what: `${service} is paused`, remedy: `docker unpause ${platform}-${service}` },
    "out of memory": {
      what: `${service} is ${state}: it needed more memory than it may have`,
      remedy: "raise its memoryMegabytes under resources in platform.yaml, then npm run deploy",
    },
    "not running": {
      what: `${service} is ${state}, with exit code ${exit_code}`,
      remedy: `${logs}; ${deploy}`,
    },
    "job failed": { what: `the job ${service} failed with exit code ${exit_code}`, remedy: logs },
    "job did not run": { what: `the job ${service} was made and did not run`, remedy: deploy },
  };
  return [problems[fault]];
}

/** The name under which it was deployed, else any, else the beginning of its id. */
function imageName(id: string, names: readonly string[], deployed: readonly string[]): string {
  return names.find((name) => deployed.includes(name)) ?? names[0] ?? id.slice(0, 19);
}

function checkoutTag(service: string): string | null {
  try {
    return serviceTag(service);
  } catch {
    // Built by a version that had another service.
    return null;
  }
}

/** Go's zero time stands for never. */
function moment(text: string): string | null {
  const time = Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? null : new Date(time).toISOString();
}
