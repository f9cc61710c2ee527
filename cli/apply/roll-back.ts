import type { Progress } from "../terminal/progress";
import type { Plan } from "../terraform/planned-changes";
import type { Terraform } from "../terraform/terraform";
import { restoreDeployedStack } from "./deployed-stack";
import { findOrphanedContainers, removeOrphanedContainers } from "./orphans";
import { waitUntilReady } from "./readiness";

/** What is needed to go back. */
export interface RollBackProps {
  readonly home: string;
  readonly platform: string;
  readonly terraform: Terraform;
  /** Resources of the state, after the apply that failed. */
  readonly existing: Plan["existing"];
  /** Options about the state's lock. */
  readonly lock: readonly string[];
  readonly log: string;
  readonly progress: Progress;
}

/** How the platform is left. */
export interface RollBack {
  readonly state: "rolled back" | "changed in part";
  /** For a person. */
  readonly text: string;
}

/** Applies the stack again that was last applied with success. A failure of this, too, is told, not thrown. */
export async function rollBack(props: RollBackProps): Promise<RollBack> {
  const { home, platform, terraform, existing, lock, log, progress } = props;
  const restored = restoreDeployedStack(home, terraform.folder, existing);
  if (restored === "none") {
    return {
      state: "changed in part",
      text: "There is no former platform to go back to: it was never up from this home.",
    };
  }
  if (restored === "same") {
    return {
      state: "changed in part",
      text: "There is nothing to go back to: what was deployed before is the same, so its cause lies in the engine or in images and secrets.",
    };
  }
  try {
    // An apply that was killed leaves what the state does not know, under names that are needed now.
    await removeOrphanedContainers(await findOrphanedContainers(platform, existing), progress);
    await progress.step("Rolling back to what was deployed before", () =>
      terraform.run(["apply", "-input=false", "-auto-approve", ...lock], { output: "collect", log }),
    );
  } catch (error) {
    return {
      state: "changed in part",
      text: `The rollback failed as well: ${(error as Error).message}\nThe platform is changed in part; data is untouched in its volumes.`,
    };
  }
  const { isReady, reasons } = await waitUntilReady(platform, progress);
  return {
    state: "rolled back",
    text: isReady
      ? "The platform is what it was before and ready; data is untouched."
      : `The platform is what it was before, and not ready: ${reasons.join("; ")}`,
  };
}
