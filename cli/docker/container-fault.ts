import type { EngineContainer } from "./objects";

/** How a container is, as far as it matters for whether that is right. */
export interface ContainerCondition {
  /** Whether it runs once and ends. */
  readonly isJob: boolean;
  readonly status: EngineContainer["State"]["Status"];
  /** `null` where it has no health check, or does not run. */
  readonly health: "starting" | "healthy" | "unhealthy" | null;
  readonly exitCode: number | null;
  readonly isOutOfMemory: boolean;
}

/** What is wrong with a container. */
export type ContainerFault =
  | "unhealthy"
  | "starting"
  | "paused"
  | "out of memory"
  | "not running"
  | "job failed"
  | "job did not run";

/** Whether a container runs once and ends, as those do that deliver files. */
export function isJob({ HostConfig }: EngineContainer): boolean {
  return ["no", ""].includes(HostConfig.RestartPolicy?.Name ?? "");
}

/** The condition of a container that the engine has. */
export function conditionOf(container: EngineContainer): ContainerCondition {
  const { State } = container;
  const isRunning = State.Status === "running" || State.Status === "paused";
  return {
    isJob: isJob(container),
    status: State.Status,
    health: State.Status === "running" ? (State.Health?.Status ?? null) : null,
    exitCode: isRunning ? null : State.ExitCode,
    isOutOfMemory: State.OOMKilled,
  };
}

/** The one judge of containers: a job that succeeded or runs is well, a service is when it runs and is healthy. */
export function faultOf({
  isJob,
  status,
  health,
  exitCode,
  isOutOfMemory,
}: ContainerCondition): ContainerFault | undefined {
  if (status === "running") return health === null || health === "healthy" ? undefined : health;
  if (status === "paused") return "paused";
  if (isJob) {
    if (status === "created") return "job did not run";
    return exitCode === 0 ? undefined : "job failed";
  }
  return isOutOfMemory ? "out of memory" : "not running";
}
