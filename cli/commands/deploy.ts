import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { removeWorkspaceRules } from "../docker/workspace-rules";
import { sluiceHome } from "../sluice-home";
import { confirm } from "../terminal/confirm";
import { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { formatOutputs, readOutputs } from "../terraform/outputs";
import { prepareStack } from "../terraform/prepare";

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
  const { terraform, config } = await prepareStack(new Progress());
  // The plan file holds secrets in the clear: beside the state, and gone afterwards.
  const planFile = join(sluiceHome(), "state", `deploy-${process.pid}.tfplan`);
  try {
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
    if (exitCode === 2) {
      if (!autoApprove && !(await confirm("Apply this plan?"))) {
        console.log("Nothing was changed.");
        return;
      }
      await terraform.run(["apply", "-input=false", planFile], { output: "show" });
    }
  } finally {
    rmSync(planFile, { force: true });
  }
  if (config.networks.workspaces.isolation === "none") await removeWorkspaceRules(config.name);
  console.log(`\nThe platform is up:\n${formatOutputs(await readOutputs(terraform))}`);
}

async function jobAddress(
  job: string,
  terraform: { run: typeof import("../terraform/terraform").Terraform.prototype.run },
) {
  const prefix = JOBS[job];
  if (prefix === undefined) {
    throw new UserError(`${job} is not a job`, `--retry takes: ${Object.keys(JOBS).join(", ")}`);
  }
  const { stdout } = await terraform.run(["state", "list"], { output: "collect" });
  const address = stdout.split("\n").find((line) => line.startsWith(prefix));
  if (address === undefined) throw new UserError(`${job} has not run yet`, "deploy without --retry");
  return address;
}
