import { join } from "node:path";
import type { PlatformConfig } from "../../constructs/config/schema";
import { CODER_STACK } from "../../constructs/stack-id";
import { type BootstrapResult, bootstrapCoder } from "../coder/bootstrap";
import { bootstrapProps } from "../coder/bootstrap-props";
import { firstPasswords } from "../coder/user-passwords";
import type { ChangeSummary } from "../plan/change-summary";
import { formatChanges } from "../plan/format-changes";
import { stateFolder } from "../sluice-home";
import { InterruptedError } from "../terminal/interrupted-error";
import type { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { CODER_UNCHANGED, deployedUsers } from "../terraform/coder-state";
import { withPlanFile } from "../terraform/plan-files";
import { makePlan } from "../terraform/planned-changes";
import { prepareCoderStack } from "../terraform/prepare-coder";
import { readState } from "../terraform/state";
import type { TextSink } from "../terraform/terraform";
import { isColoured } from "./deploy-platform";
import { DeploymentError } from "./deployment-error";
import { betweenSteps, type Steps } from "./interruption";

/** How the stack `coder` is deployed. */
export interface DeployCoderProps {
  readonly home: string;
  readonly config: PlatformConfig;
  /** Output folder with the stacks. */
  readonly outdir: string;
  /** Such as `-lock-timeout=5m`. */
  readonly lock: readonly string[];
  readonly progress: Progress;
  /** Where plan and Terraform's output are shown. */
  readonly to: TextSink;
  /** Whether the plan is shown as Terraform has it. */
  readonly full: boolean;
  /** Asks for the user's word; undefined where it was given with the command. */
  readonly confirm: (() => Promise<boolean>) | undefined;
}

/** What the deployment of the stack `coder` came to. */
export interface CoderDeployment {
  readonly result: "applied" | "unchanged" | "declined";
  readonly changes: ChangeSummary["changes"];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly bootstrap: BootstrapResult;
}

/** How every failure from here on leaves the platform. */
const STATE = "ready, coder stack not applied";
const GO_ON = "npm run deploy resumes from there";

/**
 * Sets Coder up, and applies its stack. The platform runs by now: nothing of it is rolled back for what goes wrong here.
 * @throws DeploymentError, InterruptedError
 */
export async function deployCoder(props: DeployCoderProps): Promise<CoderDeployment> {
  try {
    return await betweenSteps((steps) => deployBySteps(props, steps), GO_ON);
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof InterruptedError) throw error;
    if (error instanceof DeploymentError) throw error;
    throw new DeploymentError(
      `the platform is deployed and ready, but its stack coder is not applied: ${error.problem}`,
      error.remedy,
      STATE,
    );
  }
}

async function deployBySteps(props: DeployCoderProps, steps: Steps): Promise<CoderDeployment> {
  const { home, config, outdir, progress } = props;
  const reached = (text: string) => [`the platform is deployed and ready; ${text}`, STATE] as const;
  steps.begin(...reached("Coder may not be set up yet"));
  const bootstrap = await bootstrapCoder({ ...bootstrapProps(home, config), progress });
  steps.checkpoint(...reached("Coder is set up, and its stack was not applied"));
  const variables = firstPasswords(config.coder.users, deployedUsers(home));
  const terraform = await prepareCoderStack(progress, { home, outdir, variables });
  steps.checkpoint(...reached("Coder is set up, and its stack was not applied"));
  return withPlanFile(home, async (file) => {
    const planning = { file, options: props.lock };
    const say = (text: string) => void props.to.write(`${text}\n`);
    say("\nCoder:");
    const plan = props.full
      ? await makePlan(terraform, { ...planning, output: "show", to: props.to })
      : await progress.step("Planning", () => makePlan(terraform, planning));
    const { changes } = plan.summary;
    if (!props.full) {
      for (const warning of plan.warnings) say(`${warning}\n`);
      say(
        formatChanges(plan.summary, {
          colour: isColoured(props.to),
          unchanged: CODER_UNCHANGED,
        }),
      );
    }
    steps.checkpoint(...reached("Coder is set up, and its stack was not applied"));
    const outputs = () => readState(home, CODER_STACK)?.outputs ?? {};
    if (plan.isEmpty) return { result: "unchanged", changes, outputs: outputs(), bootstrap };
    if (props.confirm !== undefined && !(await props.confirm())) {
      return { result: "declined", changes, outputs: outputs(), bootstrap };
    }
    steps.begin(...reached("its stack coder is applied in part"));
    const log = join(stateFolder(home), "coder-apply.log");
    try {
      await terraform.run(["apply", "-input=false", ...props.lock, file], {
        output: "show",
        to: props.to,
        log,
      });
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof InterruptedError) throw error;
      throw new DeploymentError(
        `the platform is deployed and ready, but its stack coder is applied in part: ${error.problem}\n\nA version of the template that was refused is not active: workspaces are made from the former one.`,
        `correct the cause and deploy again; all of Terraform's output is in ${log}`,
        STATE,
      );
    }
    return { result: "applied", changes, outputs: outputs(), bootstrap };
  });
}
