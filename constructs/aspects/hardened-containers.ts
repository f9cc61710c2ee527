import { isAbsolute } from "node:path";
import type { IResolvable } from "cdktf";
import { mayMount, mayUseHostNetwork } from "../host-access";
import { type ContainerRule, isJob, type Violation } from "./rule";

/**
 * The baseline of every container: no new privileges, no capability that is not named, bounded memory
 * and logs, time to stop, nothing of the host. After CIS Docker Benchmark 5.
 */
export const hardenedContainers: ContainerRule = function* (container) {
  const remedy = (what: string) => `make it through ContainerService, which ${what}`;
  const must = function* (holds: boolean, problem: string, what: string): Iterable<Violation> {
    if (!holds) yield { problem, remedy: remedy(what) };
  };

  yield* must(
    container.securityOptsInput?.includes("no-new-privileges") === true,
    "may gain new privileges",
    "forbids it",
  );
  yield* must(
    container.capabilitiesInput?.drop?.includes("ALL") === true,
    "keeps default capabilities",
    "drops ALL",
  );
  yield* must(container.memoryInput !== undefined, "has no memory limit", "takes memoryMegabytes");
  yield* must(
    (container.destroyGraceSecondsInput ?? 0) > 0,
    "is killed at once on stop",
    "takes stopGraceSeconds",
  );
  yield* must(
    container.logDriverInput === "json-file" &&
      container.logOptsInput?.["max-size"] !== undefined &&
      container.logOptsInput["max-file"] !== undefined,
    "has unbounded logs",
    "rotates them",
  );
  yield* must(
    isJob(container) || container.removeVolumesInput === false,
    "loses its anonymous volumes when it goes",
    "keeps them",
  );
  yield* must(container.privilegedInput !== true, "is privileged", "never is");
  yield* must(
    [container.pidModeInput, container.ipcModeInput, container.usernsModeInput].every(
      (mode) => mode !== "host",
    ),
    "shares a namespace with the host",
    "never does",
  );
  if (container.networkModeInput === "host") {
    yield* must(
      mayUseHostNetwork(container),
      "shares a namespace with the host: its network",
      "attaches networks; one that cannot do without is allowed by its construct, see host-access.ts",
    );
    yield* must(
      container.readOnlyInput === true,
      "has the host's network and a root file system that can be written",
      "is read-only unless files are put in",
    );
  }
  for (const volume of asList(container.volumesInput)) {
    // A path that is not known before the plan is a reference here, which is not absolute.
    const source = volume.hostPath ?? volume.volumeName ?? "";
    yield* must(
      volume.hostPath === undefined ? !isAbsolute(source) : mayMount(container, volume.hostPath),
      `mounts ${source} of the host`,
      "mounts data volumes only; a path that a service cannot do without is allowed by its construct, see host-access.ts",
    );
  }
  for (const mount of asList(container.mountsInput)) {
    yield* must(
      mount.type !== "bind",
      `mounts ${mount.source ?? "a folder"} of the host`,
      "mounts data volumes only",
    );
  }
};

function asList<T>(input: T[] | IResolvable | undefined): T[] {
  return Array.isArray(input) ? input : [];
}
