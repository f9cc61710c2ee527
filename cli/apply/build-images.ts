import { isBuilt } from "../preflight/base-images";
import { stripColours } from "../terminal/paint";
import type { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { creates, nameOf, type Plan } from "../terraform/planned-changes";
import { type Terraform, TerraformError, type TextSink } from "../terraform/terraform";

/** How the images are made. */
export interface BuildOptions {
  readonly lock: readonly string[];
  readonly log: string;
  readonly progress: Progress;
  /** Where builds are shown. */
  readonly to: TextSink;
}

/**
 * Makes the images of a plan, and nothing else of it: no container is touched, so that a build that fails leaves the platform as it is.
 * Terraform builds them itself: what another builder made would not be in its cache.
 * @returns whether there was anything to make; the plan is out of date then
 * @throws UserError with the end of the build's output when one fails
 */
export async function buildImages(plan: Plan, terraform: Terraform, options: BuildOptions): Promise<boolean> {
  const { lock, log, progress, to } = options;
  const images = plan.changes.filter((change) => change.type === "docker_image" && creates(change));
  if (images.length === 0) return false;
  const names = new Map(
    images.filter(({ after }) => isBuilt(after)).map(({ address, after }) => [address, nameOf(after)]),
  );
  const label =
    names.size === 0 ? `Taking over ${images.length} images` : `Building ${[...names.values()].join(", ")}`;
  try {
    await progress.step(label, () =>
      terraform.run(
        [
          "apply",
          "-input=false",
          "-auto-approve",
          ...lock,
          ...images.map(({ address }) => `-target=${address}`),
        ],
        { output: "show", to: buildProgress(names, to), log },
      ),
    );
  } catch (error) {
    if (!(error instanceof TerraformError)) throw error;
    throw new UserError(
      `an image cannot be built, and no container was touched:\n${reasonsOf(error.output)}`,
      "correct the cause and deploy again; builds need the base image, and the npm registry for our services' dependencies",
    );
  }
  return true;
}

const LINE =
  /^(docker_image\.[\w-]+): (?:(Creating)\.\.\.|Still creating\.\.\. \[([\dms]+) elapsed\]|Creation complete after ([\dms]+))/gm;

/** Tells Terraform's lines about builds with the images' names, and leaves out the others, such as its warnings about targets. */
export function buildProgress(names: ReadonlyMap<string, string>, to: TextSink): TextSink {
  let rest = "";
  return {
    write(text) {
      const lines = rest + stripColours(text);
      const end = lines.lastIndexOf("\n") + 1;
      rest = lines.slice(end);
      for (const [, address = "", begun, elapsed, done] of lines.slice(0, end).matchAll(LINE)) {
        const name = names.get(address);
        if (name === undefined) continue;
        to.write(
          begun
            ? `  building ${name}\n`
            : elapsed
              ? `  building ${name}, ${elapsed}\n`
              : `  built ${name} in ${done}\n`,
        );
      }
    },
  };
}

/** The boxes that Terraform draws around its errors, without what is said before. */
function reasonsOf(output: string): string {
  const start = output.indexOf("Error:");
  return (start === -1 ? output.slice(-4000) : output.slice(start, start + 8000)).trim();
}
