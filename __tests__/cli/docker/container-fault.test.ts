import { type ContainerCondition, conditionOf, faultOf } from "../../../cli/docker/container-fault";
import type { EngineContainer } from "../../../cli/docker/objects";

const service: ContainerCondition = {
  isJob: false,
  status: "running",
  health: "healthy",
  exitCode: null,
  isOutOfMemory: false,
};
const job: ContainerCondition = { ...service, isJob: true, health: null };

it.each<[ContainerCondition, string | undefined]>([
  [service, undefined],
  [{ ...service, health: null }, undefined],
  [{ ...service, health: "starting" }, "starting"],
  [{ ...service, health: "unhealthy" }, "unhealthy"],
  [{ ...service, status: "paused", health: null, isOutOfMemory: true }, "paused"],
  [{ ...service, status: "restarting", health: null, exitCode: 1, isOutOfMemory: true }, "out of memory"],
  [{ ...service, status: "exited", health: null, exitCode: 0 }, "not running"],
  [job, undefined],
  [{ ...job, status: "exited", exitCode: 0 }, undefined],
  [{ ...job, status: "exited", exitCode: 2 }, "job failed"],
  [{ ...job, status: "created", exitCode: 0 }, "job did not run"],
])("a container that is %j: %s", (condition, fault) => expect(faultOf(condition)).toBe(fault));

it("takes a container without a restart policy for a job, and reads no exit code of one that runs", () => {
  const container = {
    State: { Status: "running", ExitCode: 137, OOMKilled: false },
    HostConfig: { RestartPolicy: { Name: "" } },
  } as EngineContainer;
  expect(conditionOf(container)).toEqual(job);
});
