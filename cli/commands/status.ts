import type { Command } from "commander";
import { sluiceHome } from "../sluice-home";
import { collectStatus, withPlan } from "../status/collect-status";
import { statusReport } from "../status/report";
import { Progress } from "../terminal/progress";
import { withPlanFile } from "../terraform/plan-files";

interface StatusOptions {
  readonly json?: boolean;
  readonly plan?: boolean;
}

/** `sluice status`: how the deployed platform is. */
export function registerStatus(program: Command): void {
  program
    .command("status")
    .description(
      "show how the deployed platform is: containers, readiness, models, drift, disk; changes nothing",
    )
    .option("--json", "as JSON, for scripts")
    .option("--plan", "also plan: report whether a deploy would change something; needs Terraform")
    .addHelpText(
      "after",
      "\nThe exit code is 0 when the platform is healthy, and 1 when something is wrong or nothing is deployed.",
    )
    .action(status);
}

async function status({ json = false, plan = false }: StatusOptions): Promise<void> {
  const found = await collectStatus();
  const shown = plan && found.engine_error === null ? withPlan(found, await hasChanges(json)) : found;
  console.log(json ? JSON.stringify(shown, null, 2) : statusReport(shown));
  if (!shown.well) process.exitCode = 1;
}

/** Loaded when it is asked for: without a plan neither CDKTF nor Terraform is needed. */
async function hasChanges(quiet: boolean): Promise<boolean> {
  const { lookAtCoder } = require("../terraform/coder-plan") as typeof import("../terraform/coder-plan");
  const { prepareStack } = require("../terraform/prepare") as typeof import("../terraform/prepare");
  const { Terraform } = require("../terraform/terraform") as typeof import("../terraform/terraform");
  const { makePlan } =
    require("../terraform/planned-changes") as typeof import("../terraform/planned-changes");
  const progress = new Progress({ quiet });
  const stack = await prepareStack(progress, { purpose: "read" });
  const coder = await lookAtCoder(stack, progress);
  // Why Coder has no plan is a problem of its own.
  const stacks = [stack.terraform, ...(coder instanceof Terraform ? [coder] : [])];
  for (const terraform of stacks) {
    const options = ["-lock=false"];
    const { isEmpty } = await withPlanFile(sluiceHome(), (file) => makePlan(terraform, { file, options }));
    if (!isEmpty) return true;
  }
  return false;
}
