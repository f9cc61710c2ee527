import { containerName, platformContainers } from "../docker/objects";
import type { Terraform, TextSink } from "../terraform/terraform";
import { findCrashLoop } from "./crash-loop";

/** What to apply. */
export interface ApplyProps {
  readonly terraform: Terraform;
  /** Name of the platform whose new containers are watched. */
  readonly platform: string;
  /** Arguments after `apply`, such as the plan file. */
  readonly args: readonly string[];
  /** File that gets Terraform's output. */
  readonly log: string;
  /** Where its output is shown. */
  readonly to: TextSink;
}

/**
 * Applies, and ends early when a new container does not come up however long it is waited for.
 * @throws TerraformError, InterruptedError
 */
export async function applyPlan({ terraform, platform, args, log, to }: ApplyProps): Promise<void> {
  const known = new Set((await platformContainers(platform)).map(({ Id }) => Id));
  const ended = new AbortController();
  const stop = new AbortController();
  const watch = findCrashLoop(platform, known, ended.signal).then((container) => {
    if (container === undefined) return;
    to.write(
      `\n${containerName(container)} has ended and been restarted ${container.RestartCount} times: giving up waiting for it.\n`,
    );
    stop.abort();
  });
  try {
    await terraform.run(["apply", "-input=false", ...args], { output: "show", to, log, stop: stop.signal });
  } finally {
    ended.abort();
    await watch;
  }
}
