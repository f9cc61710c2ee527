import { type Command, Option } from "commander";
import { describeLostEndpoint } from "../docker/endpoints";
import { formatChanges } from "../plan/format-changes";
import { sluiceHome } from "../sluice-home";
import { hasColours } from "../terminal/paint";
import { Progress } from "../terminal/progress";
import { lookAtCoder } from "../terraform/coder-plan";
import { findLostEndpoints } from "../terraform/engine-endpoints";
import { withPlanFile } from "../terraform/plan-files";
import { makePlan, type Plan, readExisting } from "../terraform/planned-changes";
import { type PreparedStack, prepareStack } from "../terraform/prepare";
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
    .option("--exit-code", "exit with 2 when there are changes, or when those in Coder cannot be known")
    .action(async ({ exitCode: wanted = false, full = false, json = false }: DiffOptions) => {
      const progress = new Progress({ quiet: json });
      const stack = await prepareStack(progress, { purpose: "read" });
      const isEmpty = full ? await showWhole(stack, progress) : await showInWords(stack, json, progress);
      if (wanted) process.exitCode = isEmpty ? 0 : 2;
    });
}

/** Terraform's own plans; they are not saved. @returns whether they change nothing */
async function showWhole(stack: PreparedStack, progress: Progress): Promise<boolean> {
  const isPlatformEmpty = await showWholePlan(stack.terraform);
  const lost = await findLostEndpoints(await readExisting(stack.terraform));
  for (const one of lost) console.log(`${describeLostEndpoint(one)}: npm run deploy connects it again.`);
  const coder = await lookAtCoder(stack, progress);
  const isCoderEmpty = typeof coder === "string" ? isNothing(coder) : await showWholePlan(coder);
  return isPlatformEmpty && lost.length === 0 && isCoderEmpty;
}

async function showWholePlan(terraform: Terraform): Promise<boolean> {
  const args = ["plan", "-input=false", "-detailed-exitcode", WITHOUT_LOCK];
  const { exitCode } = await terraform.run(args, { output: "show", accept: [2] });
  return exitCode === 0;
}

/** @returns whether the plans change nothing */
async function showInWords(stack: PreparedStack, json: boolean, progress: Progress): Promise<boolean> {
  const { terraform, lostVolumes } = stack;
  const platform = await plan(terraform, progress, lostVolumes);
  const looked = await lookAtCoder(stack, progress);
  const coder = typeof looked === "string" ? looked : await plan(looked, progress);
  const isEmpty = platform.isEmpty && (typeof coder === "string" ? isNothing(coder) : coder.isEmpty);
  if (json) {
    const inCoder =
      typeof coder === "string" ? { unknown: coder || null } : { unknown: null, ...coder.summary };
    console.log(JSON.stringify({ ...platform.summary, coder: coder === "" ? null : inCoder }, null, 2));
    return isEmpty;
  }
  const colour = hasColours();
  const plans = [platform, ...(typeof coder === "string" ? [] : [coder])];
  for (const warning of plans.flatMap(({ warnings }) => warnings)) console.error(warning);
  console.log(formatChanges(platform.summary, { colour }));
  if (typeof coder !== "string") {
    const unchanged = "No changes: template and users are as declared.";
    console.log(`\nCoder:\n${formatChanges(coder.summary, { colour, unchanged })}`);
  } else if (!isNothing(coder)) console.log(`\nCoder:\n${coder}`);
  if (plans.some(({ summary }) => summary.changes.length > 0))
    console.log("The whole plan: npm run diff -- --full");
  return isEmpty;
}

function plan(terraform: Terraform, progress: Progress, lostVolumes: readonly string[] = []): Promise<Plan> {
  return withPlanFile(sluiceHome(), (file) =>
    progress.step("Planning", () => makePlan(terraform, { file, options: [WITHOUT_LOCK], lostVolumes })),
  );
}

/** Whether there is nothing in Coder that a plan could be made of. */
function isNothing(text: string): boolean {
  return text === "";
}
