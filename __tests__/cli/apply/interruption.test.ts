import { DeploymentError } from "../../../cli/apply/deployment-error";
import { betweenSteps } from "../../../cli/apply/interruption";
import { InterruptedError } from "../../../cli/terminal/interrupted-error";
import { UserError } from "../../../cli/terminal/user-error";

const REMEDY = "go on";
const outcome = (work: Parameters<typeof betweenSteps>[0]) =>
  betweenSteps(work, REMEDY).catch((error: unknown) => error);

it("a Ctrl-C that makes docker fail says what state the platform is in, not what docker says", async () => {
  const error = await outcome(async ({ checkpoint }) => {
    checkpoint("the change is applied; readiness is not known", "applied, readiness unknown");
    process.emit("SIGINT", "SIGINT");
    throw new UserError("docker container inspect failed: Command failed: docker container inspect 3c386d");
  });
  expect(error).toMatchObject({
    exitCode: 130,
    platform: "applied, readiness unknown",
    message: `interrupted by SIGINT: the change is applied; readiness is not known\n  → ${REMEDY}`,
  });
});

it("before the first step nothing was changed, and nothing is to be done", async () => {
  const error = await outcome(async () => {
    throw new InterruptedError("SIGTERM", "plan ended early, its state is saved");
  });
  expect(error).toMatchObject({
    exitCode: 143,
    platform: "not changed",
    message: "interrupted by SIGTERM: nothing was changed",
  });
});

it("ends between steps, and says what a step leaves that is cut in two", async () => {
  const error = await outcome(async ({ checkpoint, begin }) => {
    begin("images are built", "not changed");
    process.emit("SIGHUP", "SIGHUP");
    begin("half of it is removed", "changed in part");
    checkpoint("all of it is removed", "changed in part");
    throw new Error("went on");
  });
  expect(error).toMatchObject({ exitCode: 129, done: "all of it is removed" });
});

it("a deployment that failed of it tells by itself what state the platform is in", async () => {
  const error = await outcome(async () => {
    process.emit("SIGINT", "SIGINT");
    throw new DeploymentError("the rollback failed as well", "look", "changed in part");
  });
  expect(error).toMatchObject({
    platform: "changed in part",
    message: "interrupted by SIGINT: the rollback failed as well\n  → look",
  });
});

it("without a signal errors are as they are", async () => {
  const failure = new UserError("it did not work");
  expect(await outcome(() => Promise.reject(failure))).toBe(failure);
  expect(await betweenSteps(async () => "done")).toBe("done");
});
