import { type Command, Option } from "commander";
import { describeLostEndpoint } from "../docker/endpoints";
import { formatChanges } from "../plan/format-changes";
import { sluiceHome } from "../sluice-home";
import { Progress } from "../terminal/progress";
import { findLostEndpoints } from "../terraform/engine-endpoints";
import { withPlanFile } from "../terraform/plan-files";
import { makePlan, readExisting } from "../terraform/planned-changes";
import { prepareStack } from "../terraform/prepare";
import type { Terraform } from "../terraform/terraform";

interface DiffOptions {
  readonly exitCode?: boolean;
  readonly full?: boolean;
  readonly json?: boolean;
}

/** It changes nothing, so it need not wait for who does. */
const WITHOUT_LOCK = "-lock=false";

/** `sluice diff`: what deploy would change. */
export function registerDiff(program: Command): void {
  program
    .command("diff")
    .description("summarize what deploy would change; changes nothing")
    .addOption(new Option("--full", "show the whole plan of Terraform instead").conflicts("json"))
    .option("--json", "as JSON, for scripts")
    .option("--exit-code", "exit with 2 when there are changes")
    .action(async ({ exitCode: wanted = false, full = false, json = false }: DiffOptions) => {
      const progress = new Progress({ quiet: json });
      const { terraform, lostVolumes } = await prepareStack(progress, { purpose: "read" });
      const isEmpty = full
        ? await showWhole(terraform)
        : await showInWords(terraform, lostVolumes, json, progress);
      if (wanted) process.exitCode = isEmpty ? 0 : 2;
    });
}

/** Terraform's own plan; it is not saved. @returns whether it changes nothing */
async function showWhole(terraform: Terraform): Promise<boolean> {
  const args = ["plan", "-input=false", "-detailed-exitcode", WITHOUT_LOCK];
  const { exitCode } = await terraform.run(args, { output: "show", accept: [2] });
  const lost = await findLostEndpoints(await readExisting(terraform));
  for (const one of lost) console.log(`${describeLostEndpoint(one)}: npm run deploy connects it again.`);
  return exitCode === 0 && lost.length === 0;
}

/** @returns whether the plan changes nothing */
async function showInWords(
  terraform: Terraform,
  lostVolumes: readonly string[],
  json: boolean,
  progress: Progress,
): Promise<boolean> {
  return withPlanFile(sluiceHome(), async (file) => {
    const { summary, isEmpty, warnings } = await progress.step("Planning", () =>
      makePlan(terraform, { file, options: [WITHOUT_LOCK], lostVolumes }),
    );
    if (json) {
      console.log(JSON.stringify(summary, null, 2));
      return isEmpty;
    }
    const colour = process.stdout.isTTY === true && !process.env["NO_COLOR"];
    for (const warning of warnings) console.error(warning);
    console.log(formatChanges(summary, { colour }));
    if (summary.changes.length > 0) console.log("The whole plan: npm run diff -- --full");
    return isEmpty;
  });
}
