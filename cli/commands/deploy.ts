import type { Command } from "commander";
import { sluiceHome } from "../sluice-home";
import { confirm } from "../terminal/confirm";
import { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { rememberDeployed } from "../terraform/last-deployed";
import { formatOutputs } from "../terraform/outputs";
import { withPlanFile } from "../terraform/plan-files";
import { prepareStack } from "../terraform/prepare";
import { readState } from "../terraform/state";
import type { Terraform } from "../terraform/terraform";

interface DeployOptions {
  readonly autoApprove?: boolean;
  readonly retry: readonly string[];
}

/** Jobs by the name that their error text gives. */
const JOBS: Readonly<Record<string, string>> = { "postgres-roles": "docker_container.sluice_postgres_roles" };

/** `sluice deploy`: checks → synth → plan → your word → apply → outputs. */
export function registerDeploy(program: Command): void {
  program
    .command("deploy")
    .description("show the plan and, after your yes, apply it")
    .option("--auto-approve", "apply without asking, for CI")
    .option(
      "--retry <job>",
      "run a job again that failed, such as postgres-roles",
      (job, jobs: string[]) => [...jobs, job],
      [],
    )
    .action(deploy);
}

async function deploy({ autoApprove = false, retry }: DeployOptions): Promise<void> {
  const { terraform } = await prepareStack(new Progress(), { purpose: "change" });
  const wasDone = await withPlanFile(sluiceHome(), (planFile) =>
    planAndApply(terraform, planFile, { autoApprove, retry }),
  );
  if (!wasDone) return;
  const deployed = readState(sluiceHome());
  rememberDeployed(sluiceHome(), deployed);
  console.log(`\nThe platform is up:\n${formatOutputs(deployed?.outputs ?? {})}`);
}

/** @returns whether the platform is now as planned; false when the user said no */
async function planAndApply(
  terraform: Terraform,
  planFile: string,
  { autoApprove, retry }: DeployOptions,
): Promise<boolean> {
  const replace = await Promise.all(retry.map((job) => jobAddress(job, terraform)));
  const { exitCode } = await terraform.run(
    [
      "plan",
      "-input=false",
      "-detailed-exitcode",
      `-out=${planFile}`,
      ...replace.map((address) => `-replace=${address}`),
    ],
    { output: "show", accept: [2] },
  );
  if (exitCode !== 2) return true;
  if (!autoApprove && !(await confirm("Apply this plan?"))) {
    console.log("Nothing was changed.");
    return false;
  }
  await terraform.run(["apply", "-input=false", planFile], { output: "show" });
  return true;
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
