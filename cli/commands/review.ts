import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { failureAsJson } from "../failure-as-json";
import type { ChangeSummary } from "../plan/change-summary";
import { compareStacks } from "../plan/compare-stacks";
import { formatChanges } from "../plan/format-changes";
import { summarizePlan } from "../plan/summarize-plan";
import { ACCEPT_LABEL, failureAsMarkdown, reviewAsMarkdown } from "../review/format-review";
import { checkDeclared, comparedFile, sidesConfig } from "../review/platform-file";
import { openSide, type Side, synthesizeSide } from "../review/synthesize-side";
import { PROJECT_ROOT } from "../sluice-home";
import { hasColours } from "../terminal/paint";
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
    .addOption(new Option("--markdown", "as a comment for a pull request").conflicts("json"))
    .option("--json", "as JSON, for scripts")
    .option(
      `--${ACCEPT_LABEL}`,
      "exit with 0 although data would be lost, or although the base cannot be synthesized",
    )
    .addHelpText(
      "after",
      `
Compared is platform.yaml, or the file that SLUICE_CONFIG names in the checkout, of both sides.
Exit code: 0 when no data would be lost, ${EXIT_DATA_LOSS} when it would, 1 when it cannot be told.`,
    )
    .action(review);
}

async function review(options: ReviewOptions): Promise<void> {
  const { markdown = false, json = false, acceptDataLoss: isAccepted = false } = options;
  const progress = new Progress({ quiet: json || markdown });
  let summary: ChangeSummary;
  try {
    summary = await compare(options, progress);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const isForgiven = isAccepted && error instanceof BaseError;
    if (markdown) console.log(failureAsMarkdown(error.message));
    if (!isForgiven) throw error;
    if (json) console.log(JSON.stringify(failureAsJson(error), null, 2));
    console.error(`warning: ${error.message}`);
    return;
  }
  if (json) console.log(JSON.stringify(summary, null, 2));
  else if (markdown) console.log(reviewAsMarkdown(summary, isAccepted));
  else
    console.log(
      formatChanges(summary, {
        colour: hasColours(),
        unchanged: "No changes: both sides declare the same platform.",
      }),
    );
  if (summary.risks.length > 0 && !isAccepted) process.exitCode = EXIT_DATA_LOSS;
}

/** The base cannot be synthesized: whether data would be lost cannot be told, and a change may be what mends it. */
class BaseError extends UserError {}

/** @throws BaseError where that was accepted too, but only once the head was synthesized: a head that cannot be is never accepted */
async function compare(options: ReviewOptions, progress: Progress): Promise<ChangeSummary> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-review-"));
  try {
    const file = comparedFile(PROJECT_ROOT);
    const open = (name: SideName): Side => {
      const folder = join(scratch, name);
      mkdirSync(folder);
      return openSide(options[name], { project: PROJECT_ROOT, scratch: folder, file: file.name });
    };
    let fault: BaseError | undefined;
    const ofBase = <T>(work: () => T, text?: SideText): T | undefined => {
      try {
        return of("base", work, text);
      } catch (error) {
        if (options.acceptDataLoss !== true || !(error instanceof BaseError)) throw error;
        fault ??= error;
        return undefined;
      }
    };
    // Whether both are there is known at once; synthesizing takes its time.
    const base = ofBase(() => open("base"));
    const head = of("head", () => open("head"));
    const folders = [base, head].flatMap((side) => (side && "folder" in side ? [side.folder] : []));
    const config = sidesConfig(file, folders);
    const check = (name: SideName, side: Side | undefined) => {
      if (side && "folder" in side) checkDeclared(name, side.folder, config);
    };
    of("head", () => check("head", head), "as it is");
    ofBase(() => check("base", base), "as it is");
    const synthesize = (name: SideName, side: Side) =>
      progress.step(`Synthesizing ${side.source}`, () =>
        of(name, () => synthesizeSide(side, PROJECT_ROOT, config)),
      );
    const after = await synthesize("head", head);
    if (fault !== undefined || base === undefined) throw fault;
    return summarizePlan(compareStacks(await synthesize("base", base), after));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

type SideName = "base" | "head";
/** Whether an error is told with the side in front, or says itself which one it is of. */
type SideText = "with its side" | "as it is";

/** Runs what concerns one side, and says of an error which one that is. */
function of<T>(name: SideName, work: () => T, text: SideText = "with its side"): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const problem = text === "as it is" ? error.problem : `${name}: ${error.problem}`;
    if (name === "head") throw new UserError(problem, error.remedy);
    throw new BaseError(
      problem,
      error.remedy ?? `correct it there; if this change is what corrects it: --${ACCEPT_LABEL}`,
    );
  }
}
