import type { Command } from "commander";
import { formatChanges } from "../plan/format-changes";
import { readPlan } from "../plan/plan-json";
import { summarizePlan } from "../plan/summarize-plan";
import { sluiceHome } from "../sluice-home";
import { Progress } from "../terminal/progress";
import { withPlanFile } from "../terraform/plan-files";
import { prepareStack } from "../terraform/prepare";
import type { Terraform } from "../terraform/terraform";

interface DiffOptions {
  readonly exitCode?: boolean;
  readonly full?: boolean;
  readonly json?: boolean;
}

const PLAN = ["plan", "-input=false", "-lock=false", "-detailed-exitcode"];

/** `sluice diff`: what deploy would change. */
export function registerDiff(program: Command): void {
  program
    .command("diff")
    .description("show in words what deploy would change; changes nothing")
    .option("--full", "show the whole plan of Terraform instead")
    .option("--json", "as JSON, for scripts")
    .option("--exit-code", "exit with 2 when there are changes")
    .action(async ({ exitCode: wanted = false, full = false, json = false }: DiffOptions) => {
      const progress = new Progress({ quiet: json });
      const { terraform } = await prepareStack(progress, { purpose: "read" });
      const { exitCode } = full
        ? await terraform.run(PLAN, { output: "show", accept: [2] })
        : await showInWords(terraform, json, progress);
      if (wanted) process.exitCode = exitCode;
    });
}

async function showInWords(terraform: Terraform, json: boolean, progress: Progress) {
  return withPlanFile(sluiceHome(), async (file) => {
    const [planned, shown] = await progress.step("Planning", async () => {
      const planned = await terraform.run([...PLAN, `-out=${file}`], { output: "collect", accept: [2] });
      return [planned, await terraform.run(["show", "-json", file], { output: "collect" })] as const;
    });
    const summary = summarizePlan(readPlan(shown.stdout));
    if (json) {
      console.log(JSON.stringify(summary, null, 2));
      return planned;
    }
    const colour = process.stdout.isTTY === true && !process.env["NO_COLOR"];
    for (const warning of warningsOf(planned.stdout)) console.error(warning);
    console.log(formatChanges(summary, { colour }));
    if (summary.changes.length > 0) console.log("The whole plan: npm run diff -- --full");
    return planned;
  });
}

/** Warnings of a plan, each with its explanation. They stand in its output with or without a frame. */
function warningsOf(output: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal
  const plain = output.replace(/\x1b\[[\d;]*m/g, "");
  return [...plain.matchAll(/^(?:│ )?(Warning: .+(?:\n(?!╵|(?:│ )?Warning: |Saved the plan|─).*)*)/gm)].map(
    ([, text = ""]) => text.replace(/^│ ?/gm, "").trim(),
  );
}
