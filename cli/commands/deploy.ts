import type { Command } from "commander";
import { platformFile, shownFile } from "../../constructs/config/platform-file";
import { SERVICES } from "../../constructs/service-catalog";
import { type Deployment, deployPlatform } from "../apply/deploy-platform";
import { betweenSteps } from "../apply/interruption";
import { removeEndedGrace } from "../rotation/master-key-grace";
import { describeUnfinished } from "../rotation/unfinished-rotation";
import { sluiceHome } from "../sluice-home";
import { confirm } from "../terminal/confirm";
import { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { formatOutputs } from "../terraform/outputs";
import { prepareStack } from "../terraform/prepare";
import type { Terraform } from "../terraform/terraform";
import { parseDuration } from "./parse-duration";

interface DeployOptions {
  readonly yes?: boolean;
  readonly autoApprove?: boolean;
  readonly json?: boolean;
  readonly full?: boolean;
  readonly acceptDataLoss?: boolean;
  readonly detach?: boolean;
  readonly rollback: boolean;
  readonly lockTimeout: string;
  readonly retry?: readonly string[];
}

/** Jobs by the name that their error text gives: each puts the files of a service onto their volume. */
const JOBS: Readonly<Record<string, string>> = Object.fromEntries(
  SERVICES.flatMap(({ name, files }) =>
    files === undefined ? [] : [[`${name}-files`, `docker_container.sluice_${name}_files_job_`]],
  ),
);

/** `sluice deploy`: plan → checks → your word → images → apply → ready → outputs. */
export function registerDeploy(program: Command): void {
  program
    .command("deploy")
    .description("show the plan and, after your yes, apply it; ends when the platform is ready")
    .option("-y, --yes", "apply without asking, for CI")
    .option("--auto-approve", "the same as --yes")
    .option("--json", "the result as JSON on stdout, all else on stderr; needs --yes")
    .option("--full", "show Terraform's full plan instead of the summary")
    .option("--accept-data-loss", "with --yes: apply even if the plan would lose data")
    .option("--detach", "disconnect other containers, such as workspaces, from networks that are replaced")
    .option("--no-rollback", "leave the platform as it is when the apply fails")
    .option(
      "--lock-timeout <duration>",
      "how long to wait for another run on the same state, such as 5m",
      parseDuration,
      "0s",
    )
    .option(
      "--retry <job>",
      "run a job again that failed, such as gateway-files",
      (job, jobs: readonly string[] = []) => [...jobs, job],
    )
    .addHelpText(
      "after",
      `
Exit codes:
  0    deployed and ready, or nothing to change and ready; or you said no
  1    refused before anything was changed; or failed, and the text says what state the platform is in
  130  ended by SIGINT; 143 by SIGTERM, 129 by SIGHUP: the current resource was finished, deploy resumes from there`,
    )
    .action(deploy);
}

async function deploy(options: DeployOptions): Promise<void> {
  const { yes = false, autoApprove = false, json = false } = options;
  const isAgreed = yes || autoApprove;
  if (json && !isAgreed) {
    throw new UserError(
      "--json has nobody to ask",
      "give --yes as well to apply, or use sluice diff to look",
    );
  }
  const deployment = await run(options, isAgreed);
  if (json) console.log(JSON.stringify(toJson(deployment), null, 2));
  else console.log(`\n${toText(deployment)}`);
}

async function run(options: DeployOptions, isAgreed: boolean): Promise<Deployment> {
  const progress = new Progress();
  const stack = await betweenSteps(() => prepareStack(progress, { purpose: "change" }));
  await removeEndedGrace(sluiceHome(), stack.config.name);
  const lock = [`-lock-timeout=${options.lockTimeout}`];
  const replace = await Promise.all((options.retry ?? []).map((job) => jobAddress(job, stack.terraform)));
  return deployPlatform({
    home: sluiceHome(),
    file: shownFile(platformFile()),
    stack,
    planOptions: replace.map((address) => `-replace=${address}`),
    lock,
    detach: options.detach === true,
    rollBack: options.rollback,
    progress,
    to: options.json === true ? process.stderr : process.stdout,
    full: options.full === true,
    acceptDataLoss: options.acceptDataLoss === true,
    warnings: describeUnfinished(sluiceHome()),
    confirm: isAgreed ? undefined : () => confirm("Apply this plan?"),
  });
}

function toText({ result, outputs, models, warnings }: Deployment): string {
  if (result === "declined") return "Nothing was changed.";
  return [
    `The platform is up and ready:\n${formatOutputs(outputs)}`,
    `Models: ${models.usable.join(", ") || "none"}`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
}

function toJson({ result, changes, outputs, readiness, models, warnings }: Deployment) {
  return {
    result,
    platform: "ready",
    changes,
    outputs,
    readiness: readiness ?? null,
    models: { usable: models.usable, unusable: models.unusable },
    warnings,
  };
}

async function jobAddress(job: string, terraform: Terraform): Promise<string> {
  const prefix = JOBS[job];
  if (prefix === undefined) {
    throw new UserError(`${job} is not a job`, `--retry takes: ${Object.keys(JOBS).join(", ")}`);
  }
  const { stdout } = await terraform.run(["state", "list"], { output: "collect" });
  const address = stdout.split("\n").find((line) => line.startsWith(prefix));
  if (address === undefined) throw new UserError(`${job} has not run yet`, "deploy without --retry");
  return address;
}
