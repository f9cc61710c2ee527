import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Command } from "commander";
import { platformFile } from "../../constructs/config/platform-file";
import { applyPlan } from "../apply/apply-plan";
import { checkAttachments, detach, findAttachments } from "../apply/attachments";
import { forgetDeployedStack } from "../apply/deployed-stack";
import { betweenSteps } from "../apply/interruption";
import { describeOrphans, findOrphans, removeOrphans } from "../apply/orphans";
import { refuseFindings } from "../preflight/finding";
import { sluiceHome } from "../sluice-home";
import { ignoreClosedOutput } from "../terminal/closed-output";
import { confirm } from "../terminal/confirm";
import { Progress } from "../terminal/progress";
import { makePlan } from "../terraform/planned-changes";
import { prepareStack } from "../terraform/prepare";
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
  const progress = new Progress();
  const home = sluiceHome();
  const { terraform, config, deployed, ...stack } = await prepareStack(progress, { purpose: "change" });
  const platform = deployed?.name ?? config.name;
  const dataVolumes = deployed?.dataVolumes ?? stack.dataVolumes;
  const planFile = join(home, "state", `destroy-${process.pid}.tfplan`);
  const lock = [`-lock-timeout=${options.lockTimeout}`];
  const to = process.stdout;
  const plan = await makePlan(terraform, {
    file: planFile,
    options: ["-destroy", ...lock],
    output: "show",
    to,
  });
  try {
    const orphans = await findOrphans(platform, plan, join(home, "state"));
    const attachments = await findAttachments(platform, plan);
    if (options.detach !== true)
      refuseFindings(checkAttachments(platform, attachments), basename(platformFile()));
    const left = describeOrphans(orphans);
    if (left.length > 0)
      console.log(`\nLeft over from a deploy that was killed, and removed as well:\n  ${left.join("\n  ")}`);
    const question = volumes
      ? `Remove the platform ${platform} AND DELETE ALL ITS DATA (${dataVolumes.join(", ")})?`
      : `Remove the platform ${platform}? Its data stays.`;
    if (!yes && !autoApprove && !(await confirm(question))) {
      console.log("Nothing was changed.");
      return;
    }
    await betweenSteps(async (checkpoint) => {
      await detach(attachments, progress);
      checkpoint("nothing was removed");
      const log = join(home, "state", "apply.log");
      await applyPlan({ terraform, platform, args: [...lock, planFile], log, to });
      await removeOrphans(orphans, progress);
      forgetDeployedStack(home);
      checkpoint("the platform is removed; its data is kept");
      if (volumes) removeVolumes(dataVolumes);
    });
  } finally {
    rmSync(planFile, { force: true });
  }
  console.log(volumes ? "The platform and its data are gone." : "The platform is gone. Its data is kept.");
}
