import { type ContainerRule, isJob } from "./rule";

/** A service has a health check and `apply` waits for it; a job has a checked exit code instead. */
export const healthChecks: ContainerRule = function* (container) {
  if (isJob(container)) {
    const checked = (container.lifecycle?.postcondition ?? []).length > 0;
    if (!checked) {
      yield {
        problem: "is a job whose failure nobody notices",
        remedy: "use ContainerService with lifetime: { runsOnce: true }, which checks the exit code",
      };
    }
    return;
  }
  if (container.healthcheckInput === undefined) {
    yield {
      problem: "has no health check",
      remedy: "give ContainerService lifetime: { service: { test: […] } }",
    };
  } else if (container.waitInput !== true) {
    yield { problem: "is not waited for", remedy: "set wait: true, or use ContainerService, which does" };
  }
};
