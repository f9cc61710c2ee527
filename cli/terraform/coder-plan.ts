import { coderUrl } from "../../constructs/local-url";
import { isBootstrapped } from "../coder/bootstrap";
import { CoderError } from "../coder/coder-client";
import { sluiceHome } from "../sluice-home";
import type { Progress } from "../terminal/progress";
import { describeCoderStack, isCoderDeployed } from "./coder-state";
import type { PreparedStack } from "./prepare";
import { prepareCoderStack } from "./prepare-coder";
import type { Terraform } from "./terraform";

/** Why no plan of the stack `coder` can be made, for people. */
export interface UnknownPlan {
  readonly unknown: string;
}

/** The stack `coder`, ready for a plan that changes nothing; or why none can be made. `undefined`: the platform has no Coder. */
export async function lookAtCoder(
  { config, outdir }: PreparedStack,
  progress: Progress,
): Promise<Terraform | UnknownPlan | undefined> {
  const home = sluiceHome();
  const isDeployed = isCoderDeployed(home);
  if (!config.coder.enabled) {
    return isDeployed
      ? { unknown: "coder.enabled is false: deploy removes the template and users from Coder first." }
      : undefined;
  }
  const first = {
    unknown: `What changes there is known once it runs and is set up: deploy does both, and then makes ${describeCoderStack(config)}.`,
  };
  try {
    if (await isBootstrapped(coderUrl(config), home))
      return await prepareCoderStack(progress, { home, outdir });
    return first;
  } catch (error) {
    if (!(error instanceof CoderError)) throw error;
    return isDeployed ? { unknown: `What changes there is not known: ${error.problem}` } : first;
  }
}
