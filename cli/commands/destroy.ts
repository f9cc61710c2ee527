import { join } from "node:path";
import type { Command } from "commander";
import { applyPlan } from "../apply/apply-plan";
import { rememberDetached } from "../apply/attach-again";
import { checkAttachments, detach, findAttachments } from "../apply/attachments";
import { forgetDeployedStack } from "../apply/deployed-stack";
import { betweenSteps } from "../apply/interruption";
import { describeOrphans, findOrphans, removeOrphans } from "../apply/orphans";
import { removeWorkspaceRules } from "../docker/workspace-rules";
import { refuseFindings } from "../preflight/finding";
import { sluiceHome, stateFolder } from "../sluice-home";
import { ignoreClosedOutput } from "../terminal/closed-output";
import { confirm } from "../terminal/confirm";
import { Progress } from "../terminal/progress";
import { forgetDeployed } from "../terraform/last-deployed";
import { withPlanFile } from "../terraform/plan-files";
import { makePlan } from "../terraform/planned-changes";
import { type PreparedStack, prepareStack } from "../terraform/prepare";
import { removeVolumes } from "../terraform/remove-volumes";
import { parseDuration } from "./parse-duration";

interface DestroyOptions {
  readonly yes?: boolean;
  readonly autoApprove?: boolean;
  readonly detach?: boolean;
  readonly lockTimeout: string;
  readonly volumes?: boolean;
}

/** `sluice destroy`: containers, networks and images go; data stays unless asked for. */
export function registerDestroy(program: Command): void {
  program
    .command("destroy")
    .description("remove containers and networks; data stays, and the next deploy finds it")
    .option("--volumes", "ALSO DELETE ALL DATA: databases, queues, audit rows")
    .option("-y, --yes", "do not ask, for CI")
    .option("--auto-approve", "the same as --yes")
    .option("--detach", "disconnect other containers, such as workspaces, from the networks")
    .option(
      "--lock-timeout <duration>",
      "how long to wait for another run on the same state, such as 5m",
      parseDuration,
      "0s",
    )
    .action(destroy);
}

async function destroy(options: DestroyOptions): Promise<void> {
  ignoreClosedOutput();
  const { yes = false, autoApprove = false, volumes = false } = options;
  const stack = await prepareStack(new Progress(), { purpose: "destroy" });
  const isDone = await withPlanFile(sluiceHome(), (planFile) =>
    removePlatform(planFile, stack, { ...options, yes: yes || autoApprove }),
  );
  console.log(isDone ? farewell(stack, volumes) : "Nothing was changed.");
}

/** @returns false when the user said no */
async function removePlatform(
  planFile: string,
  stack: PreparedStack,
  options: DestroyOptions,
): Promise<boolean> {
  const { terraform, name, dataVolumes } = stack;
  const progress = new Progress();
  const home = sluiceHome();
  const lock = [`-lock-timeout=${options.lockTimeout}`];
  const to = process.stdout;
  const plan = await makePlan(terraform, {
    file: planFile,
    options: ["-destroy", ...lock],
    output: "show",
    to,
  });
  const orphans = await findOrphans(name, plan, home);
  const attachments = await findAttachments(name, plan);
  if (options.detach !== true)
    refuseFindings(checkAttachments(name, attachments, "deploy again"), stack.file);
  const left = describeOrphans(orphans);
  if (left.length > 0) {
    console.log(`\nLeft over from a deploy that was killed, and removed as well:\n  ${left.join("\n  ")}`);
  }
  const question =
    options.volumes === true
      ? `Remove ${name} AND DELETE ALL ITS DATA (${dataVolumes.join(", ")})?`
      : `Remove ${name}? Its data stays.`;
  if (options.yes !== true && !(await confirm(question))) return false;
  await betweenSteps(async (checkpoint) => {
    // The next deploy makes the networks again, and connects them.
    rememberDetached(home, attachments);
    await detach(attachments, progress);
    checkpoint("nothing was removed");
    const log = join(stateFolder(home), "apply.log");
    await applyPlan({ terraform, platform: name, args: [...lock, planFile], log, to });
    await removeOrphans(orphans, progress);
    await removeWorkspaceRules(name);
    forgetDeployedStack(home);
    checkpoint("the platform is removed; its data is kept");
    if (options.volumes !== true) return;
    await removeVolumes(dataVolumes);
    forgetDeployed(home);
  });
  return true;
}

function farewell({ name, dataVolumes }: PreparedStack, volumes: boolean): string {
  const names = dataVolumes.join(", ");
  if (names === "") {
    const nothing = `${sluiceHome()} knows of no data volumes, so none was deleted; all there are: docker volume ls`;
    return `Nothing is deployed any more.${volumes ? ` ${nothing}` : ""}`;
  }
  return volumes
    ? `${name} and its data are gone: ${names}.`
    : `${name} is gone. Its data is kept: ${names}.`;
}
