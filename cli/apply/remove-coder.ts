import { rmSync } from "node:fs";
import { join } from "node:path";
import type { PlatformConfig } from "../../constructs/config/schema";
import { coderUrl } from "../../constructs/local-url";
import { CODER_STACK } from "../../constructs/stack-id";
import { bootstrapProps } from "../coder/bootstrap-props";
import { CoderError } from "../coder/coder-client";
import { deleteWorkspaces, listWorkspaces, workspaceName } from "../coder/workspaces";
import { stateFile, stateFolder } from "../sluice-home";
import type { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { withPlanFile } from "../terraform/plan-files";
import { makePlan } from "../terraform/planned-changes";
import { prepareCoderStack } from "../terraform/prepare-coder";
import type { TextSink } from "../terraform/terraform";
import type { Steps } from "./interruption";

/** What becomes of the stack `coder` when it is not removed in Coder. */
export type CoderState = "keep" | "forget";

/** How the stack `coder` is removed. */
export interface RemoveCoderProps {
  readonly home: string;
  readonly config: PlatformConfig;
  /** Output folder with the stacks. */
  readonly outdir: string;
  /** Such as `-lock-timeout=5m`. */
  readonly lock: readonly string[];
  readonly progress: Progress;
  /** Where plan and Terraform's output are shown. */
  readonly to: TextSink;
  /** Whether workspaces that exist are deleted without a question. */
  readonly deleteWorkspaces: boolean;
  /** Asks for the user's word; undefined where it was given with the command. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  readonly steps: Steps;
}

/**
 * Removes template and users from Coder, and before them the workspaces, which would run on without anybody who can stop them.
 * Whoever does not say yes to their deletion keeps everything as it is.
 * @returns false when the user said no
 * @throws UserError when workspaces exist and nobody agreed to their deletion, or Coder cannot be asked; nothing was changed then
 */
export async function removeCoder(props: RemoveCoderProps): Promise<boolean> {
  const { home, config, outdir, lock, progress, to, confirm, steps } = props;
  const url = coderUrl(config);
  const workspaces = await progress.step("Workspaces in Coder", async (done) => {
    const found = await listWorkspaces(url, home).catch((error) => {
      throw error instanceof CoderError ? unreachable(error) : error;
    });
    done(String(found.length));
    return found;
  });
  const names = workspaces.map(workspaceName);
  if (workspaces.length > 0 && !props.deleteWorkspaces && confirm === undefined) {
    throw new UserError(
      `there are workspaces, and they would be deleted with all that is in their home folders: ${names.join(", ")}`,
      "have their users save what they need, then agree with --delete-workspaces; or keep Coder's side as it is: --coder-state keep",
    );
  }
  const terraform = await prepareCoderStack(progress, { home, outdir });
  return withPlanFile(home, async (file) => {
    to.write("\nCoder:\n");
    const plan = await makePlan(terraform, { file, options: ["-destroy", ...lock], output: "show", to });
    const lost = `the template and users of Coder${names.length === 0 ? "" : ` AND DELETE THE WORKSPACES ${names.join(", ")}, WITH ALL THAT IS IN THEM`}`;
    if (confirm !== undefined && !(await confirm(`Remove ${lost}?`))) return false;
    steps.checkpoint("nothing was removed", "not changed");
    if (workspaces.length > 0) {
      steps.begin("workspaces are deleted in part; Coder and the platform run", "changed in part");
      const { admin } = bootstrapProps(home, config);
      await progress.step(`Deleting ${names.length} workspaces`, () =>
        deleteWorkspaces(url, { admin, home }, workspaces),
      );
      steps.checkpoint("workspaces are deleted; Coder and the platform run", "changed in part");
    }
    steps.begin("template and users are removed from Coder in part; the platform runs", "changed in part");
    const log = join(stateFolder(home), "coder-apply.log");
    if (!plan.isEmpty)
      await terraform.run(["apply", "-input=false", ...lock, file], { output: "show", to, log });
    steps.checkpoint("template and users are removed from Coder; the platform runs", "changed in part");
    return true;
  });
}

/** Forgets what the state has in Coder, for when Coder is gone. */
export function forgetCoder(home: string): void {
  const file = stateFile(home, CODER_STACK);
  for (const one of [file, `${file}.backup`]) rmSync(one, { force: true });
}

function unreachable({ problem }: CoderError): UserError {
  return new UserError(
    `template and users cannot be removed from Coder: ${problem}`,
    "start Coder and try again; or leave them in its database, where the next deploy finds them: --coder-state keep; or, where that database is gone or goes, forget them: --coder-state forget",
  );
}
