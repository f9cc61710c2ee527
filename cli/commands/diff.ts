import { type Command, Option } from "commander";
import { describeLostEndpoint } from "../docker/endpoints";
import { formatChanges } from "../plan/format-changes";
import { sluiceHome } from "../sluice-home";
import { hasColours } from "../terminal/paint";
import { Progress } from "../terminal/progress";
import { lookAtCoder } from "../terraform/coder-plan";
import { CODER_UNCHANGED } from "../terraform/coder-state";
import { findLostEndpoints } from "../terraform/engine-endpoints";
import { withPlanFile } from "../terraform/plan-files";
import { makePlan, type Plan, readExisting } from "../terraform/planned-changes";
import { type PreparedStack, prepareStack } from "../terraform/prepare";
import { Terraform } from "../terraform/terraform";

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
  const isCoderEmpty = coder instanceof Terraform ? await showWholePlan(coder) : coder === undefined;
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
  const coder = looked instanceof Terraform ? await plan(looked, progress) : undefined;
  const unknown = looked instanceof Terraform ? undefined : looked?.unknown;
  const isEmpty = platform.isEmpty && unknown === undefined && coder?.isEmpty !== false;
  if (json) {
    const inCoder = looked === undefined ? null : { unknown: unknown ?? null, ...coder?.summary };
    console.log(JSON.stringify({ ...platform.summary, coder: inCoder }, null, 2));
    return isEmpty;
  }
  const colour = hasColours();
  const plans = [platform, ...(coder === undefined ? [] : [coder])];
  for (const warning of plans.flatMap(({ warnings }) => warnings)) console.error(warning);
  console.log(formatChanges(platform.summary, { colour }));
  if (coder !== undefined) {
    console.log(`\nCoder:\n${formatChanges(coder.summary, { colour, unchanged: CODER_UNCHANGED })}`);
  } else if (unknown !== undefined) console.log(`\nCoder:\n${unknown}`);
  if (plans.some(({ summary }) => summary.changes.length > 0))
    console.log("The whole plan: npm run diff -- --full");
  return isEmpty;
}

function plan(terraform: Terraform, progress: Progress, lostVolumes: readonly string[] = []): Promise<Plan> {
  return withPlanFile(sluiceHome(), (file) =>
    progress.step("Planning", () => makePlan(terraform, { file, options: [WITHOUT_LOCK], lostVolumes })),
  );
}
