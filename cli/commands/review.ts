import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { ChangeSummary } from "../plan/change-summary";
import { compareStacks, type StackJson } from "../plan/compare-stacks";
import { formatChanges } from "../plan/format-changes";
import { summarizePlan } from "../plan/summarize-plan";
import { ACCEPT_LABEL, failureAsMarkdown, reviewAsMarkdown } from "../review/format-review";
import { synthesizeSide } from "../review/synthesize-side";
import { PROJECT_ROOT } from "../sluice-home";
import { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";

interface ReviewOptions {
  readonly base: string;
  readonly head: string;
  readonly markdown?: boolean;
  readonly json?: boolean;
  readonly acceptDataLoss?: boolean;
}

/** Exit code of a change that would lose data. 1 is for a side that cannot be synthesized. */
const EXIT_DATA_LOSS = 2;

/** `sluice review`: what a change means for a platform, from the code of both sides alone. */
export function registerReview(program: Command): void {
  program
    .command("review")
    .description(
      "show what a change does to a platform that is as its base declares it; needs no engine, Terraform, state or secret",
    )
    .requiredOption(
      "--base <source>",
      "a commit such as origin/main, a folder with a checkout, or a cdk.tf.json",
    )
    .option("--head <source>", "the same for the other side (default: this folder, as it is)", ".")
    .option("--markdown", "as a comment for a pull request")
    .option("--json", "as JSON, for scripts")
    .option(
      `--${ACCEPT_LABEL}`,
      "exit with 0 although data would be lost, or although the base cannot be synthesized",
    )
    .addHelpText(
      "after",
      `
Exit code: 0 when no data would be lost, ${EXIT_DATA_LOSS} when it would, 1 when it cannot be told.`,
    )
    .action(review);
}

async function review(options: ReviewOptions): Promise<void> {
  const { markdown = false, json = false, acceptDataLoss: isAccepted = false } = options;
  const progress = new Progress({ quiet: json || markdown });
  let summary: ChangeSummary;
  try {
    const head = await side("head", options.head, progress);
    const base = await side("base", options.base, progress);
    summary = summarizePlan(compareStacks(base, head));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const isForgiven = isAccepted && error instanceof BaseError;
    if (markdown) console.log(failureAsMarkdown(error.message));
    if (!isForgiven) throw error;
    console.error(`warning: ${error.message}`);
    return;
  }
  if (json) console.log(JSON.stringify(summary, null, 2));
  else if (markdown) console.log(reviewAsMarkdown(summary, isAccepted));
  else
    console.log(
      formatChanges(summary, {
        colour: isColoured(),
        unchanged: "No changes: both sides declare the same platform.",
      }),
    );
  if (summary.risks.length > 0 && !isAccepted) process.exitCode = EXIT_DATA_LOSS;
}

function isColoured(): boolean {
  return process.stdout.isTTY === true && !process.env["NO_COLOR"];
}

/** The base cannot be synthesized: whether data would be lost cannot be told, and a change may be what mends it. */
class BaseError extends UserError {}

async function side(name: "base" | "head", source: string, progress: Progress): Promise<StackJson> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-review-"));
  try {
    return await progress.step(`Synthesizing ${source}`, () =>
      synthesizeSide(source, { project: PROJECT_ROOT, scratch }),
    );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (name === "head") throw new UserError(`head: ${error.problem}`, error.remedy);
    throw new BaseError(
      `base: ${error.problem}`,
      error.remedy ?? `correct it there; if this change is what corrects it: --${ACCEPT_LABEL}`,
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
